/** Ending a part of a stack as a crash would: the process and all that came from it, at once. */
import { readFile } from 'node:fs/promises';
import type { System } from './harness.js';

interface Status {
  readonly parts: readonly { readonly name: string; readonly pid: number | null }[];
}

/** The process and its descendants, as /proc tells. */
const processTree = async (pid: number): Promise<number[]> => {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const pids = children.trim().split(/\s+/).filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(pids.map(processTree))).flat()];
};

/** The process of a part of the default stack; null where it doesn't run. */
export const partPid = async (system: System, name: string): Promise<number | null> => {
  const [stack] = await system.json<Status[]>(['status', '--stack', 'default']);
  return stack?.parts.find((part) => part.name === name)?.pid ?? null;
};

/** `kill -9` of a part (`trainer`, `minio`, …) of the default stack. False where it didn't run. */
export const killPart = async (system: System, name: string): Promise<boolean> => {
  const pid = await partPid(system, name);
  if (pid === null) return false;
  for (const one of (await processTree(pid)).reverse()) {
    try {
      process.kill(one, 'SIGKILL');
    } catch (error) {
      // A child may have ended with its parent in the meantime.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  return true;
};

/**
 * Processes that outlive the command that started them. A pid alone names nobody for long, as the kernel
 * reuses it: a process is remembered as its pid *and* its start time (/proc/<pid>/stat, field 22).
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { AppError } from '@graft/contracts';
import { z } from 'zod';

export const processIdSchema = z.object({
  pid: z.int().positive(),
  /** Clock ticks since boot, as the kernel prints them. */
  startTime: z.string(),
});
/** One process, for as long as it lives and never after. */
export type ProcessId = z.infer<typeof processIdSchema>;

interface ProcessStat {
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly startTime: string;
}

/** What the kernel says of a pid, or null when there is no such process. proc_pid_stat(5). */
const readStat = (pid: number): ProcessStat | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name is in parentheses and may hold spaces and parentheses: count from the last one.
    const [state, parent, group, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const startTime = rest[16];
    if (state === undefined || startTime === undefined) return null;
    return { state, parent: Number(parent), group: Number(group), startTime };
  } catch {
    return null;
  }
};

/** The identity of a running process, or null when it is gone. A zombie counts as gone. */
export const identifyProcess = (pid: number): ProcessId | null => {
  const stat = readStat(pid);
  return stat === null || stat.state === 'Z' ? null : { pid, startTime: stat.startTime };
};

export const isRunning = ({ pid, startTime }: ProcessId): boolean => identifyProcess(pid)?.startTime === startTime;

/** The pid of a process's parent; 0 when there is none. */
export const parentOf = (pid: number): number => readStat(pid)?.parent ?? 0;

/** Every living process in the process group that `leader` leads (a detached process leads its own). */
export const processGroupOf = (leader: number): ProcessId[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const pid = Number(name);
      const stat = readStat(pid);
      return stat !== null && stat.group === leader && stat.state !== 'Z' ? [{ pid, startTime: stat.startTime }] : [];
    });

export interface DetachedCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited beside it. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Both of its streams are appended here. */
  readonly logFile: string;
  /** Who it runs as; left out, as the caller. */
  readonly user?: { readonly uid: number; readonly gid: number } | null;
}

/**
 * Starts a process in a session of its own, so that closing the terminal or Ctrl-C does not reach it.
 * @throws AppError `missing_prerequisite` when the program can't be run at all.
 */
export const spawnDetached = async ({
  command,
  args,
  env,
  cwd,
  logFile,
  user,
}: DetachedCommand): Promise<ProcessId> => {
  const log = openSync(logFile, 'a', 0o640);
  try {
    const child = spawn(command, [...args], {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['ignore', log, log],
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    // A process that ended at once is reported by the health check, with its log; an identity is still needed.
    return identifyProcess(pid) ?? { pid, startTime: 'ended' };
  } catch (cause) {
    throw new AppError('missing_prerequisite', `could not run ${command}: ${(cause as Error).message}`, { cause });
  } finally {
    closeSync(log);
  }
};

/** Signals a process if it is still the one that was meant. Answers whether it was there. */
export const signalProcess = (id: ProcessId, signal: NodeJS.Signals): boolean => {
  if (!isRunning(id)) return false;
  try {
    process.kill(id.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
};

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the process is gone; answers false when it is still there after `timeoutMs`. */
export const waitForEnd = async (id: ProcessId, timeoutMs: number): Promise<boolean> => {
  for (const deadline = Date.now() + timeoutMs; isRunning(id);) {
    if (Date.now() > deadline) return false;
    await sleep(25);
  }
  return true;
};

export interface StopOptions {
  /** The polite signal, SIGTERM unless told. */
  readonly signal?: NodeJS.Signals;
  /** How long it may take before SIGKILL goes to its whole process group. Default 10 s. */
  readonly graceMs?: number;
}

/** Asks a process to end, then makes it end, together with the children that stayed in its group. */
export const stopProcess = async (
  id: ProcessId,
  options: StopOptions = {},
): Promise<'absent' | 'stopped' | 'killed'> => {
  const { signal = 'SIGTERM', graceMs = 10_000 } = options;
  const group = isRunning(id) ? processGroupOf(id.pid) : [];
  if (!signalProcess(id, signal)) return 'absent';
  const graceful = await waitForEnd(id, graceMs);
  const left = [id, ...group].filter((member) => signalProcess(member, 'SIGKILL'));
  await Promise.all(left.map((member) => waitForEnd(member, 5_000)));
  return graceful ? 'stopped' : 'killed';
};

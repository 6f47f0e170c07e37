/** Folders of training jobs, which say whose they are, so that one that a killed trainer left is found and removed. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'graft-train-';
const NAME = /^graft-train-(\d+)-(\d+)-/;

/**
 * When a process was started, in ticks since the machine was (proc(5), /proc/<pid>/stat, field 22); null where there is no
 * such process. With the process id it names a process for as long as the machine is up.
 */
const startOf = async (pid: number): Promise<string | null> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in parentheses, and may hold anything.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === '' || state === 'Z' ? null : (fields[18] ?? null);
};

/** Removes the folders of trainers that are no more. */
export const removeStaleFolders = async (parent: string = tmpdir()): Promise<void> => {
  for (const name of await readdir(parent)) {
    const [, pid, start] = NAME.exec(name) ?? [];
    if (pid === undefined || start === undefined) continue;
    if ((await startOf(Number(pid))) !== start) await rm(join(parent, name), { recursive: true, force: true });
  }
};

/** Works in a folder of its own, which is removed however the work ends. */
export const withJobFolder = async <T>(work: (folder: string) => Promise<T>, parent: string = tmpdir()): Promise<T> => {
  await removeStaleFolders(parent);
  const folder = await mkdtemp(join(parent, `${PREFIX}${process.pid}-${(await startOf(process.pid)) ?? 0}-`));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

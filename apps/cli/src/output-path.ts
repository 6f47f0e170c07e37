/** Where a command writes: looked at before anything is computed, and told of in words where it can't be written. */
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppError, type ErrorCode } from '@graft/contracts';

/** @throws AppError `usage` where the path of an option is a folder, or lies in none. */
export const checkOutput = async (path: string, option = '--output'): Promise<void> => {
  const folder = dirname(resolve(path));
  const [found, around] = await Promise.all([stat(path).catch(() => null), stat(folder).catch(() => null)]);
  if (found?.isDirectory() === true) throw new AppError('usage', `${option} ${path} is a folder; name a file`);
  if (around?.isDirectory() !== true) throw new AppError('usage', `${option} ${path}: there is no folder ${folder}`);
};

/** What the file system says, by its code: whose fault it is, and what to do. */
const REFUSALS: Readonly<Record<string, readonly [code: ErrorCode, what: string]>> = {
  EEXIST: ['usage', "is a file: name a folder that is empty or isn't there"],
  ENOTDIR: ['usage', 'lies under a file: name a folder'],
  EACCES: ['forbidden', 'may not be written: name another folder'],
  EPERM: ['forbidden', 'may not be written: name another folder'],
  ENOENT: ['forbidden', 'lies where nothing can be made: name another folder'],
  EROFS: ['forbidden', 'lies on a file system that nothing can be written to: name another folder'],
};

/** One after the other: `recursive` never ends where the system says that a folder isn't there and won't make it (below /proc). */
const makeEach = async (path: string): Promise<void> => {
  const around = dirname(path);
  if ((await stat(around).catch(() => null)) === null) await makeEach(around);
  await mkdir(path).catch((thrown: NodeJS.ErrnoException) => {
    // Somebody else may make it at the same time.
    if (thrown.code !== 'EEXIST') throw thrown;
    return stat(path).then((found) => {
      if (!found.isDirectory()) throw thrown;
    });
  });
};

/**
 * Makes a folder, and those around it, where they aren't there.
 * @throws AppError `usage` where a file is in the way, `forbidden` where it may not be made.
 */
export const makeFolder = async (path: string): Promise<void> => {
  try {
    await makeEach(resolve(path));
  } catch (cause) {
    const [code, what] = REFUSALS[(cause as NodeJS.ErrnoException).code ?? ''] ?? [];
    if (code === undefined) throw cause;
    throw new AppError(code, `${path} ${what}`, { cause });
  }
};

/** Writes a file, in a folder that is made for it: a reader finds it whole, or not at all. */
export const writeWhole = async (path: string, contents: Uint8Array | string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  await writeFile(partial, contents);
  await rename(partial, path);
};

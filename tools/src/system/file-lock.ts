/**
 * A lock between processes of one machine: a file that names its holder. A holder that died without letting go
 * (its pid is gone, or now belongs to another process) holds nothing.
 */
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '@graft/contracts';
import { temporaryBeside } from './atomic-file.js';
import { identifyProcess, isRunning, processIdSchema, sleep } from './processes.js';

const POLL_MS = 100;
/** Breaking a stale lock takes a millisecond; a breaker that is older than this died while at it. */
const BREAKER_MAX_AGE_MS = 10_000;

export interface LockOptions {
  /** How long to wait for another holder. Default 20 minutes: a cold build takes six. */
  readonly timeoutMs?: number;
  /** Called once when another process holds the lock. */
  readonly onWait?: (holderPid: number) => void;
}

/** A file appears with its contents in one step, or not at all. Answers whether it is ours. */
const claim = async (path: string, contents: string): Promise<boolean> => {
  const temporary = temporaryBeside(path);
  await writeFile(temporary, contents, { flag: 'wx' });
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
};

const holderOf = async (path: string): Promise<{ pid: number; alive: boolean } | null> => {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const holder = processIdSchema.parse(JSON.parse(text));
    return { pid: holder.pid, alive: isRunning(holder) };
  } catch {
    return { pid: 0, alive: false };
  }
};

/** Removes a dead holder's lock. One process at a time does it, so that nobody removes a successor's. */
const breakStale = async (path: string, own: string): Promise<void> => {
  const breaker = `${path}.break`;
  if (!(await claim(breaker, own))) {
    const age = await stat(breaker).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > BREAKER_MAX_AGE_MS) await rm(breaker, { force: true });
    return;
  }
  try {
    if ((await holderOf(path))?.alive === false) await rm(path, { force: true });
  } finally {
    await rm(breaker, { force: true });
  }
};

/** Locks that this very process holds: the file can't tell two callers in one process apart. */
const ownQueue = new Map<string, Promise<unknown>>();

const withFileLock = async <T>(path: string, act: () => Promise<T>, options: LockOptions): Promise<T> => {
  const { timeoutMs = 20 * 60_000, onWait } = options;
  await mkdir(dirname(path), { recursive: true });
  const own = JSON.stringify(identifyProcess(process.pid));
  const deadline = Date.now() + timeoutMs;
  for (let told = false; !(await claim(path, own));) {
    const holder = await holderOf(path);
    if (holder?.alive === false) {
      await breakStale(path, own);
      continue;
    }
    if (holder !== null && !told) {
      onWait?.(holder.pid);
      told = true;
    }
    if (Date.now() > deadline) {
      throw new AppError('timeout', `process ${holder?.pid ?? '?'} held ${path} for more than ${timeoutMs} ms`);
    }
    await sleep(POLL_MS);
  }
  try {
    return await act();
  } finally {
    await rm(path, { force: true });
  }
};

/** Runs `act` while holding the lock `path`; callers in one process queue, other processes wait. */
export const withLock = <T>(path: string, act: () => Promise<T>, options: LockOptions = {}): Promise<T> => {
  const before = ownQueue.get(path) ?? Promise.resolve();
  const mine = before.catch(() => undefined).then(() => withFileLock(path, act, options));
  ownQueue.set(path, mine);
  return mine.finally(() => {
    if (ownQueue.get(path) === mine) ownQueue.delete(path);
  });
};

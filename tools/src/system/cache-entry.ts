/**
 * What was fetched or built once: a folder that appears whole, with a list of its files by size and digest.
 * Two processes never build the same entry at once; a damaged entry is noticed and built again.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { readTextIfAny } from './atomic-file.js';
import { withLock } from './file-lock.js';
import { makeFolder } from './folders.js';

/** Short texts for a person: what is going on right now. */
export type OnProgress = (text: string) => void;

export interface CacheEntryOptions {
  readonly cacheDir: string;
  /** Names the contents completely: program, version, and whatever else changes its bytes. */
  readonly name: string;
  /** Fills an empty folder. */
  readonly fill: (folder: string, onProgress: OnProgress) => Promise<void>;
  readonly onProgress?: OnProgress;
}

const LIST_NAME = '.entry.json';
const listSchema = z.object({
  schemaVersion: z.literal(1),
  files: z.array(z.object({ path: z.string(), sizeBytes: z.int(), mtimeMs: z.number(), sha256: z.string() })),
});

export const sha256OfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

const listFiles = async (folder: string, below = folder): Promise<string[]> => {
  const entries = await readdir(below, { withFileTypes: true });
  const nested = await Promise.all(
    entries.map((entry) => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return listFiles(folder, path);
      return entry.isFile() && entry.name !== LIST_NAME ? [relative(folder, path)] : [];
    }),
  );
  return nested.flat();
};

const writeList = async (folder: string): Promise<void> => {
  const files = [];
  for (const path of (await listFiles(folder)).sort()) {
    const file = join(folder, path);
    const { size, mtimeMs } = await lstat(file);
    files.push({ path, sizeBytes: size, mtimeMs, sha256: await sha256OfFile(file) });
  }
  await writeFile(join(folder, LIST_NAME), JSON.stringify({ schemaVersion: 1, files }));
};

/**
 * Whether a cached folder still holds what was put there. A file whose size or time changed is hashed again, so
 * that a whole cache costs a few milliseconds to trust.
 */
export const isCacheEntryWhole = async (folder: string): Promise<boolean> => {
  const text = await readTextIfAny(join(folder, LIST_NAME)).catch(() => null);
  if (text === null) return false;
  try {
    const { files } = listSchema.parse(JSON.parse(text));
    const checks = files.map(async ({ path, sizeBytes, mtimeMs, sha256 }) => {
      const file = join(folder, path);
      const found = await lstat(file);
      if (found.size !== sizeBytes) return false;
      if (Math.abs(found.mtimeMs - mtimeMs) < 1) return true;
      if ((await sha256OfFile(file)) !== sha256) return false;
      await utimes(file, found.atime, new Date(mtimeMs)).catch(() => undefined);
      return true;
    });
    return (await Promise.all(checks)).every(Boolean);
  } catch {
    return false;
  }
};

/** The folder of a cache entry, filled first if it has to be. */
export const ensureCacheEntry = async (options: CacheEntryOptions): Promise<string> => {
  const { cacheDir, name, fill, onProgress = () => undefined } = options;
  const folder = join(cacheDir, name);
  if (await isCacheEntryWhole(folder)) return folder;
  await makeFolder(dirname(folder));
  const lock = join(cacheDir, 'locks', `${name.replaceAll('/', '_')}.lock`);
  const build = async (): Promise<string> => {
    if (await isCacheEntryWhole(folder)) return folder;
    if (existsSync(folder)) {
      onProgress(`the cached ${name} is damaged: making it again`);
      await rm(folder, { recursive: true, force: true });
    }
    await removeLeftovers(folder);
    const temporary = await mkdtemp(`${folder}.tmp-`);
    try {
      const contents = await makeFolder(join(temporary, 'contents'));
      await fill(contents, onProgress);
      await writeList(contents);
      await rename(contents, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return folder;
  };
  return withLock(lock, build, { onWait: (pid) => onProgress(`process ${pid} is making ${name}: waiting for it`) });
};

/** Half-made folders of processes that died at it: nobody else can be there while the lock is ours. */
const removeLeftovers = async (folder: string): Promise<void> => {
  const prefix = `${folder}.tmp-`;
  for (const sibling of await readdir(dirname(folder))) {
    const path = join(dirname(folder), sibling);
    if (path.startsWith(prefix)) await rm(path, { recursive: true, force: true });
  }
};

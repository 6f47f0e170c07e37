/**
 * The object store in a folder: an object is a file under its key. Writes are atomic (a temporary file, then rename),
 * keys can't leave the folder, links out of it aren't followed. Metadata lies beside, bound to the object's etag, so that
 * what a crash leaves between the two writes is an object without metadata, never one with another's.
 */
import { randomUUID } from 'node:crypto';
import { constants, createReadStream, type BigIntStats, type Dirent } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { AppError } from '@graft/contracts';
import { checkKey, compareKeys, lowerCaseNames, tooLarge } from './object-key.js';
import type { ObjectInfo, ObjectStore, PutOptions } from './object-store.js';

/** Ours inside the folder: no object's key may start with it. */
const OWN_FOLDER = '.graft-store';

const codeOf = (thrown: unknown): string | undefined => (thrown as NodeJS.ErrnoException).code;
const isAbsent = (thrown: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(thrown) ?? '');

/** Another inode for each write, so that it changes whenever the bytes do. */
const etagOf = (stats: BigIntStats): string => `${stats.ino.toString(16)}-${stats.mtimeNs.toString(16)}-${stats.size}`;

const translate = (thrown: unknown, key: string, folder: string): unknown => {
  const code = codeOf(thrown);
  const say = (kind: 'forbidden' | 'unavailable' | 'conflict', message: string): AppError =>
    new AppError(kind, `object ${key} in ${folder}: ${message}`, { cause: thrown });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return say('forbidden', 'permission denied');
  if (code === 'ENOSPC' || code === 'EDQUOT') return say('unavailable', 'no space left');
  if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EEXIST')
    return say('conflict', 'a folder stands in its way');
  return thrown;
};

/** @param dir the folder; made by `ensureBucket` or by the first write. */
export const createFilesystemStore = (dir: string): ObjectStore => {
  const root = resolve(dir);
  const metadataPath = (key: string): string => join(root, OWN_FOLDER, 'metadata', `${key}.json`);

  const pathOf = (key: string): string => {
    checkKey(key);
    if (key === OWN_FOLDER || key.startsWith(`${OWN_FOLDER}/`)) {
      throw new AppError(
        'invalid_request',
        `object key ${JSON.stringify(key)}: ${OWN_FOLDER} is the store's own folder`,
      );
    }
    return join(root, key);
  };

  /** Refuses a path that a link leads out of the folder. */
  const checkInside = async (path: string, key: string): Promise<void> => {
    const [realRoot, realParent] = await Promise.all([realpath(root), realpath(dirname(path))]);
    if (realParent !== realRoot && !realParent.startsWith(realRoot + sep)) {
      throw new AppError('forbidden', `object key ${JSON.stringify(key)} leads out of ${root} through a link`);
    }
  };

  const toInfo = (key: string, stats: BigIntStats): ObjectInfo => ({
    key,
    sizeBytes: Number(stats.size),
    etag: etagOf(stats),
    lastModified: new Date(Number(stats.mtimeMs)),
  });

  /** What a file is to hold: bytes, or those of another file. */
  type Contents = Uint8Array | { readonly path: string };

  /** Writes beside and renames; `beforeRename` sees the facts that the file will have under its name. */
  const writeAtomically = async (
    path: string,
    contents: Contents,
    beforeRename: (stats: BigIntStats) => Promise<void> = async () => {},
  ): Promise<void> => {
    const temporary = join(root, OWN_FOLDER, 'writing', randomUUID());
    await mkdir(dirname(temporary), { recursive: true });
    await mkdir(dirname(path), { recursive: true });
    try {
      const file = await open(temporary, 'wx');
      try {
        if (!('path' in contents)) await file.writeFile(contents);
        else
          for await (const piece of createReadStream(contents.path) as AsyncIterable<Uint8Array>)
            await file.write(piece);
        await file.sync();
        await beforeRename(await file.stat({ bigint: true }));
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (thrown) {
      await rm(temporary, { force: true });
      throw thrown;
    }
  };

  const readMetadata = async (key: string, etag: string): Promise<Record<string, string>> => {
    try {
      const kept = JSON.parse(await readFile(metadataPath(key), 'utf8')) as {
        etag: string;
        metadata: Record<string, string>;
      };
      return kept.etag === etag ? kept.metadata : {};
    } catch (thrown) {
      if (isAbsent(thrown) || thrown instanceof SyntaxError) return {};
      throw thrown;
    }
  };

  const statOf = async (key: string): Promise<BigIntStats | null> => {
    const path = pathOf(key);
    try {
      await checkInside(path, key);
      const stats = await lstat(path, { bigint: true });
      return stats.isFile() ? stats : null;
    } catch (thrown) {
      if (isAbsent(thrown)) return null;
      throw translate(thrown, key, root);
    }
  };

  async function* walk(folder: string, prefix: string): AsyncGenerator<string> {
    let entries: Dirent[];
    try {
      entries = await readdir(join(root, folder), { withFileTypes: true });
    } catch (thrown) {
      if (isAbsent(thrown)) return;
      throw translate(thrown, folder, root);
    }
    // A folder sorts as the "/" that its keys go on with: that gives the order of whole keys.
    const names = entries
      .filter((entry) => (entry.isFile() || entry.isDirectory()) && !(folder === '' && entry.name === OWN_FOLDER))
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .sort(compareKeys);
    for (const name of names) {
      if (!name.endsWith('/')) {
        if (name.startsWith(prefix)) yield name;
      } else if (name.startsWith(prefix) || prefix.startsWith(name)) {
        yield* walk(name, prefix);
      }
    }
  }

  const remove = async (key: string): Promise<void> => {
    if ((await statOf(key)) === null) return;
    try {
      await rm(pathOf(key), { force: true });
      await rm(metadataPath(key), { force: true });
    } catch (thrown) {
      throw translate(thrown, key, root);
    }
  };

  const write = async (key: string, contents: Contents, options: PutOptions = {}): Promise<ObjectInfo> => {
    const path = pathOf(key);
    const metadata = lowerCaseNames(options.metadata ?? {});
    try {
      await mkdir(dirname(path), { recursive: true });
      await checkInside(path, key);
      await writeAtomically(path, contents, async (stats) => {
        if (Object.keys(metadata).length === 0) return;
        const document = JSON.stringify({ etag: etagOf(stats), metadata });
        await writeAtomically(metadataPath(key), new TextEncoder().encode(document));
      });
      return toInfo(key, await lstat(path, { bigint: true }));
    } catch (thrown) {
      throw translate(thrown, key, root);
    }
  };

  return {
    ensureBucket: async () => {
      await mkdir(root, { recursive: true });
    },

    put: write,

    putFile: (key, path, options) => write(key, { path }, options),

    get: async (key, { maxBytes = Infinity } = {}) => {
      if ((await statOf(key)) === null) return null;
      try {
        const file = await open(pathOf(key), constants.O_RDONLY | constants.O_NOFOLLOW);
        try {
          const stats = await file.stat({ bigint: true });
          if (Number(stats.size) > maxBytes) throw tooLarge(key, Number(stats.size), maxBytes);
          const bytes = new Uint8Array(await file.readFile());
          return { ...toInfo(key, stats), bytes, metadata: await readMetadata(key, etagOf(stats)) };
        } finally {
          await file.close();
        }
      } catch (thrown) {
        if (isAbsent(thrown)) return null;
        throw translate(thrown, key, root);
      }
    },

    open: async (key) => {
      if ((await statOf(key)) === null) return null;
      try {
        const file = await open(pathOf(key), constants.O_RDONLY | constants.O_NOFOLLOW);
        const info = toInfo(key, await file.stat({ bigint: true }));
        const metadata = await readMetadata(key, info.etag);
        return { ...info, mediaType: null, metadata, body: file.createReadStream() as AsyncIterable<Uint8Array> };
      } catch (thrown) {
        if (isAbsent(thrown)) return null;
        throw translate(thrown, key, root);
      }
    },

    head: async (key) => {
      const stats = await statOf(key);
      return stats === null ? null : toInfo(key, stats);
    },

    async *list(prefix, { after = '' } = {}) {
      for await (const key of walk('', prefix)) {
        if (after !== '' && compareKeys(key, after) <= 0) continue;
        const stats = await statOf(key);
        // It may have gone since the folder was read.
        if (stats !== null) yield toInfo(key, stats);
      }
    },

    remove,
    // There are no versions.
    erase: remove,
  };
};

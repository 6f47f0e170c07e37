/**
 * A folder of backups:
 *
 *     objects/ab/abcd…          bytes, under their sha256: all backups of the folder share them
 *     20261127T180300Z/         one backup: backup.json, database/, artifacts.jsonl.gz, landing.jsonl.gz
 *     20261127T180300Z.partial/ one that is being made, or wasn't finished
 *     writing/                  bytes that aren't whole yet
 *
 * Whoever reads it can read all images and the hashes of tokens: it is its owner's alone.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError, backupSchema, type Backup, type Digest } from '@graft/contracts';
import { z } from 'zod';

const ID = /^\d{8}T\d{6}Z$/;
const PARTIAL = '.partial';
const OBJECTS = 'objects';
const WRITING = 'writing';
const MANIFEST = 'backup.json';

export const backupId = (at: Date): string => at.toISOString().replaceAll(/[-:]|\.\d+/g, '');

export interface BackupFolder {
  readonly path: string;
  objectPath(digest: Digest): string;
  /** Where bytes lie until all of them are there; another one at each call. */
  temporaryPath(): string;
  /** Ids of whole backups, oldest first. */
  list(): Promise<string[]>;
  /** Where the files of a backup lie. */
  pathOf(id: string): string;
  /** @throws AppError `corrupt` where it can't be read */
  read(id: string): Promise<Backup>;
  /** A folder for a new one; what was left unfinished goes. For one backup at a time. */
  begin(id: string): Promise<string>;
  /** Makes it whole: from here on it is listed. */
  finish(backup: Backup): Promise<void>;
}

const folderAt = (path: string): BackupFolder => {
  const pathOf = (id: string): string => join(path, id);
  return {
    path,
    objectPath: (digest) => join(path, OBJECTS, digest.slice(0, 2), digest),
    temporaryPath: () => join(path, WRITING, randomUUID()),
    list: async () => (await readdir(path)).filter((name) => ID.test(name)).sort(),
    pathOf,
    read: async (id) => {
      const file = join(pathOf(id), MANIFEST);
      try {
        return backupSchema.parse(JSON.parse(await readFile(file, 'utf8')));
      } catch (cause) {
        const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
        throw new AppError('corrupt', `${file} is no backup that this Graft can read: ${why}`, { cause });
      }
    },
    begin: async (id) => {
      for (const name of await readdir(path))
        if (name.endsWith(PARTIAL) && ID.test(name.slice(0, -PARTIAL.length)))
          await rm(join(path, name), { recursive: true, force: true });
      await rm(join(path, WRITING), { recursive: true, force: true });
      await mkdir(join(path, WRITING), { mode: 0o700 });
      const folder = `${pathOf(id)}${PARTIAL}`;
      await mkdir(folder, { mode: 0o700 });
      return folder;
    },
    finish: async (backup) => {
      const folder = `${pathOf(backup.id)}${PARTIAL}`;
      await writeFile(join(folder, MANIFEST), `${JSON.stringify(backup, null, 2)}\n`, { mode: 0o600, flush: true });
      await rename(folder, pathOf(backup.id));
    },
  };
};

/**
 * A folder that backups are kept in; an empty or missing one becomes one.
 * @throws AppError `invalid_request` for a folder that holds something else
 */
export const openForBackup = async (given: string): Promise<BackupFolder> => {
  const path = resolve(given);
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'EEXIST' || cause.code === 'ENOTDIR' ? 'a file is in its place' : cause.message;
    throw new AppError('invalid_request', `no folder can be made at ${path}: ${why}`, { cause });
  });
  const names = await readdir(path);
  if (names.length > 0 && !names.includes(OBJECTS))
    throw new AppError('invalid_request', `${path} holds other things than backups: name an empty or a new folder`);
  for (const own of [OBJECTS, WRITING]) await mkdir(join(path, own), { recursive: true, mode: 0o700 });
  return folderAt(path);
};

/**
 * One backup of a folder: the one of this id, else the latest.
 * @throws AppError `not_found`, with those that are there
 */
export const findBackup = async (given: string, id?: string): Promise<{ folder: BackupFolder; backup: Backup }> => {
  const path = resolve(given);
  if (!existsSync(join(path, OBJECTS))) throw new AppError('not_found', `${path} holds no backups`);
  const folder = folderAt(path);
  const ids = await folder.list();
  const found = id === undefined ? ids.at(-1) : ids.find((one) => one === id);
  if (found === undefined) {
    const there = ids.length === 0 ? 'no whole one' : ids.join(', ');
    throw new AppError('not_found', `${path} holds no backup${id === undefined ? '' : ` ${id}`}; there is ${there}`);
  }
  return { folder, backup: await folder.read(found) };
};

/** Files of a folder on this machine. Links are not followed: what they lead to may be anything. */
import { opendir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dir } from 'node:fs';
import { imageUnfit, AppError } from '@graft/contracts';
import { tooManyBytes } from './archive-unfit.js';
import { isIgnored, parseEntryPath, showName } from './entry-path.js';
import { DEFAULT_SOURCE_LIMITS, type Source, type SourceEntry, type SourceFile, type SourceLimits } from './source.js';

const reasonOf = (thrown: unknown): string => {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') return 'it may not be read';
  return code === 'ENOENT' ? 'it is gone' : `it can't be read (${code ?? String(thrown)})`;
};

const openRoot = async (directory: string): Promise<Dir> => {
  try {
    return await opendir(directory);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const forbidden = code === 'EACCES' || code === 'EPERM';
    throw new AppError(forbidden ? 'forbidden' : 'not_found', `no folder can be read at ${directory}`, { cause });
  }
};

/** In no particular order; hidden files and folders are left out. */
export const createFolderSource = (directory: string, given: Partial<SourceLimits> = {}): Source => {
  const { maxEntryBytes } = { ...DEFAULT_SOURCE_LIMITS, ...given };

  const toFile = async (path: string, location: string): Promise<SourceFile> => {
    const { size } = await stat(location);
    return {
      kind: 'file',
      path,
      sizeBytes: size,
      read: async () => {
        if (size > maxEntryBytes) throw tooManyBytes(size, maxEntryBytes);
        let bytes: Buffer;
        try {
          bytes = await readFile(location);
        } catch (cause) {
          throw imageUnfit('unexpected_key', reasonOf(cause), cause);
        }
        if (bytes.length > maxEntryBytes) throw tooManyBytes(bytes.length, maxEntryBytes);
        return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
      },
    };
  };

  /** @param prefix of paths under this folder, empty or with a slash at its end */
  async function* walk(folder: Dir, prefix: string): AsyncGenerator<SourceEntry> {
    for await (const entry of folder) {
      const raw = `${prefix}${entry.name}`;
      if (isIgnored(entry.name)) continue;
      const refuse = (detail: string): SourceEntry => ({
        kind: 'refused',
        path: showName(raw),
        reason: 'unexpected_key',
        detail,
      });
      const parsed = parseEntryPath(raw);
      if ('why' in parsed) {
        yield refuse(parsed.why);
        continue;
      }
      const location = join(directory, raw);
      if (entry.isDirectory()) {
        yield { kind: 'folder', path: parsed.path };
        let inner: Dir;
        try {
          inner = await opendir(location);
        } catch (thrown) {
          yield refuse(reasonOf(thrown));
          continue;
        }
        yield* walk(inner, `${raw}/`);
      } else if (entry.isFile()) {
        yield await toFile(parsed.path, location).catch((thrown: unknown) => refuse(reasonOf(thrown)));
      } else {
        yield refuse(entry.isSymbolicLink() ? 'it is a link: put the file itself there' : 'it is no plain file');
      }
    }
  }

  return {
    name: directory,
    entries: async function* entries() {
      yield* walk(await openRoot(directory), '');
    },
    close: async () => {},
  };
};

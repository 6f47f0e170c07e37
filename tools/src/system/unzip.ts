/** Taking files out of a zip archive (a wheel is one). */
import { createWriteStream } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { makeFolder } from './folders.js';

export interface UnzipOptions {
  readonly archive: string;
  readonly folder: string;
  /** Where an entry goes, relative to the folder; null leaves it out. Default: everything under its own name. */
  readonly place?: (name: string) => string | null;
}

const open = promisify((path: string, done: (error: Error | null, zip: ZipFile) => void) =>
  // Validates each name: no absolute path, no `..`.
  yauzl.open(path, { lazyEntries: true, autoClose: true }, done),
);

/** Extracts and answers how many files were taken. Executable bits are kept. */
export const unzip = async ({ archive, folder, place = (name) => name }: UnzipOptions): Promise<number> => {
  const zip = await open(archive);
  const openEntry = promisify(
    zip.openReadStream.bind(zip) as (
      entry: Entry,
      done: (error: Error | null, stream: NodeJS.ReadableStream) => void,
    ) => void,
  );
  let count = 0;
  const extract = async (entry: Entry): Promise<void> => {
    const to = entry.fileName.endsWith('/') ? null : place(entry.fileName);
    if (to === null) return;
    const path = join(folder, to);
    await makeFolder(dirname(path));
    await pipeline(await openEntry(entry), createWriteStream(path));
    const isExecutable = ((entry.externalFileAttributes >>> 16) & 0o111) !== 0;
    await chmod(path, isExecutable ? 0o755 : 0o644);
    count += 1;
  };
  await new Promise<void>((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => void extract(entry).then(() => zip.readEntry(), reject));
    zip.readEntry();
  });
  return count;
};

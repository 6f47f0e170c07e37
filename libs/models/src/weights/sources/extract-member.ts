/** Takes one file out of a zip archive. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@graft/contracts';
import { open, type Entry, type ZipFile } from 'yauzl';
import { limitBytes } from './limit-bytes.js';

const MAX_ENTRIES = 100_000;

const openArchive = (path: string): Promise<ZipFile> =>
  new Promise((resolve, reject) => {
    open(path, { lazyEntries: true, autoClose: false }, (error, archive) => (error ? reject(error) : resolve(archive)));
  });

const findEntry = (archive: ZipFile, member: string): Promise<Entry | null> =>
  new Promise((resolve, reject) => {
    let seen = 0;
    archive.on('error', reject);
    archive.on('end', () => resolve(null));
    archive.on('entry', (entry: Entry) => {
      seen += 1;
      if (entry.fileName === member || seen > MAX_ENTRIES) resolve(entry.fileName === member ? entry : null);
      else archive.readEntry();
    });
    archive.readEntry();
  });

const openEntry = (archive: ZipFile, entry: Entry): Promise<NodeJS.ReadableStream> =>
  new Promise((resolve, reject) => {
    archive.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });

/**
 * Writes one member of an archive to a file of ours (the archive has no say in where).
 * @throws AppError `not_found` when the archive has no such member, `too_large` above 4 GB, `corrupt` when it is broken.
 */
export const extractMember = async (options: { archive: string; member: string; target: string }): Promise<void> => {
  const { member } = options;
  try {
    const archive = await openArchive(options.archive);
    try {
      const entry = await findEntry(archive, member);
      if (entry === null)
        throw new AppError('not_found', `the package has no file "${member}"`, { details: { member } });
      const stream = await openEntry(archive, entry);
      await pipeline(stream, limitBytes({ what: `"${member}"` }), createWriteStream(options.target, { mode: 0o644 }));
    } finally {
      archive.close();
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('corrupt', `the package of "${member}" is not a sound archive`, { cause: error });
  }
};

/** Taking files out of a gzipped tar archive (an npm package, a release). */
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '@graft/contracts';
import { extract } from 'tar-stream';
import { makeFolder } from './folders.js';

export interface UntarOptions {
  readonly archive: string;
  readonly folder: string;
  /** Where an entry goes, relative to the folder; null leaves it out. */
  readonly place: (name: string) => string | null;
}

/**
 * Extracts plain files and answers how many were taken; links and devices are left out.
 * @throws AppError `corrupt` when an entry would leave the folder.
 */
export const untar = async ({ archive, folder, place }: UntarOptions): Promise<number> => {
  const entries = extract();
  const feeding = pipeline(createReadStream(archive), createGunzip(), entries);
  feeding.catch(() => undefined); // Heard of below; until then a failure would count as nobody's.
  let count = 0;
  for await (const entry of entries) {
    const to = entry.header.type === 'file' ? place(entry.header.name) : null;
    if (to === null) {
      entry.resume();
      continue;
    }
    if (normalize(to).startsWith('..') || to.startsWith('/')) {
      throw new AppError('corrupt', `${archive}: the entry ${entry.header.name} leaves its folder`);
    }
    const path = join(folder, to);
    await makeFolder(dirname(path));
    await pipeline(entry, createWriteStream(path));
    await chmod(path, ((entry.header.mode ?? 0) & 0o111) !== 0 ? 0o755 : 0o644);
    count += 1;
  }
  await feeding;
  return count;
};

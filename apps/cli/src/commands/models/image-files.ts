/** The image files that a command was pointed at. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';

/** What a folder is searched for; a file that is named itself may be called anything. */
const IMAGE_NAME = /\.(jpe?g|png|webp)$/i;

const filesIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && IMAGE_NAME.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
};

/**
 * Files as they are named, folders as the JPEG, PNG and WebP files in them, at any depth, in the order of their paths.
 * @throws AppError `not_found` for a path that isn't there, or when there is no image at all.
 */
export const findImageFiles = async (paths: readonly string[]): Promise<readonly string[]> => {
  const found = await Promise.all(
    paths.map(async (path) => {
      const info = await stat(path).catch((cause: unknown) => {
        throw new AppError('not_found', `there is no file or folder ${path}`, { cause });
      });
      return info.isDirectory() ? filesIn(path) : [path];
    }),
  );
  const files = found.flat();
  if (files.length === 0)
    throw new AppError('not_found', `there is no JPEG, PNG or WebP file in ${paths.join(', ')}`, {
      details: { paths },
    });
  return files;
};

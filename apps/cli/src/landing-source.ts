/** What a person means by a source: a folder, an archive, or a prefix of a bucket. */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { ObjectStore } from '@graft/artifacts';
import { AppError } from '@graft/contracts';
import { createFolderSource, createObjectSource, isArchiveName, openArchive, type Source } from '@graft/data';

const BUCKET_ADDRESS = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

/**
 * @param openBucket a bucket of the stack's object store
 * @throws AppError `usage` (no address of a bucket, a file such as an image), `not_found`, `forbidden`, `image_unfit` (a file that is no archive).
 */
export const openLandingSource = async (
  text: string,
  { openBucket }: { openBucket: (name: string) => ObjectStore },
): Promise<Source> => {
  if (/^[a-z0-9+]+:\/\//i.test(text)) {
    const [, bucket, prefix = ''] = BUCKET_ADDRESS.exec(text) ?? [];
    if (bucket === undefined) {
      throw new AppError('usage', `expected a folder, an archive or s3://<bucket>/<prefix>, got "${text}"`);
    }
    return createObjectSource({ objects: openBucket(bucket), prefix, name: text });
  }
  const path = resolve(text);
  const found = await stat(path).catch((cause: unknown) => {
    throw new AppError('not_found', `there is no folder and no archive at ${path}`, { cause });
  });
  if (found.isDirectory()) return createFolderSource(path);
  return openArchive({ path }).catch((thrown: unknown) => {
    if (!(thrown instanceof AppError) || thrown.code !== 'image_unfit' || isArchiveName(path)) throw thrown;
    throw new AppError(
      'usage',
      `${path} is a single file and no archive: its folder says an image's label. Land the folder that holds folders of labels (<label>/${basename(path)}), or an archive or a prefix of a bucket that does`,
      { cause: thrown },
    );
  });
};

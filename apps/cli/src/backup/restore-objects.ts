/** Puts the objects of a backup into a bucket, each verified before it goes. */
import { join } from 'node:path';
import { digestOfFile, type ObjectStore } from '@graft/artifacts';
import { AppError, type Backup, type BACKUP_BUCKETS, type BackupObject } from '@graft/contracts';
import pLimit from 'p-limit';
import type { BackupFolder } from './backup-folder.js';
import { readObjectList } from './object-list.js';

const CONCURRENCY = 16;

/** @throws AppError `corrupt` where the folder hasn't the bytes */
const checkBytes = async (path: string, { key, sha256 }: BackupObject): Promise<void> => {
  const found = await digestOfFile(path).catch((cause: unknown) => {
    throw new AppError('corrupt', `the bytes of ${key} can't be read: ${(cause as Error).message}`, { cause });
  });
  if (found !== sha256)
    throw new AppError(
      'corrupt',
      `${path}, the bytes of ${key}, is damaged: its digest should be ${sha256}, found ${found}. ` +
        'Put the same bytes back from a copy of the folder, and restore again: it goes on (./graft backup FOLDER --check tells all that is damaged)',
    );
};

export interface RestoredObjects {
  readonly objects: number;
  readonly bytes: number;
}

/**
 * Puts what isn't in the bucket with the same size already: begun again, it goes on.
 * @throws AppError `corrupt` for damaged files, before anything is put of them
 */
export const restoreObjects = async (
  store: ObjectStore,
  folder: BackupFolder,
  { backup, bucket }: { backup: Backup; bucket: (typeof BACKUP_BUCKETS)[number] },
  onProgress: (done: number, total: number) => void,
): Promise<RestoredObjects> => {
  await store.ensureBucket();
  const there = new Map<string, number>();
  for await (const { key, sizeBytes } of store.list('')) there.set(key, sizeBytes);
  const { file, sha256, objects: total } = backup.buckets[bucket];
  let [objects, bytes, done] = [0, 0, 0];
  const limit = pLimit(CONCURRENCY);
  const under: Promise<void>[] = [];
  const put = async (object: BackupObject): Promise<void> => {
    const { key, mediaType, metadata } = object;
    if (there.get(key) !== object.sizeBytes) {
      const path = folder.objectPath(object.sha256);
      await checkBytes(path, object);
      await store.putFile(key, path, { metadata, ...(mediaType === null ? {} : { mediaType }) });
      objects += 1;
      bytes += object.sizeBytes;
    }
    done += 1;
    onProgress(done, total);
  };
  try {
    for await (const object of readObjectList(join(folder.pathOf(backup.id), file), sha256))
      under.push(limit(() => put(object)));
    await Promise.all(under);
  } finally {
    limit.clearQueue();
  }
  return { objects, bytes };
};

/**
 * Makes a backup while everything runs. The database comes first, as of one moment; what its rows name is in the object store by then, and
 * nothing is removed from there until it is copied.
 */
import { join } from 'node:path';
import type { ObjectStore } from '@graft/artifacts';
import { BACKUP_BUCKETS, databaseDumpSchema, type Backup, type BackupObject } from '@graft/contracts';
import { versionInfo } from '@graft/platform';
import { withLock } from '@graft/tools';
import { backupId, openForBackup, type BackupFolder } from './backup-folder.js';
import { copyBucket } from './copy-bucket.js';
import { runDatabaseTask } from './database-process.js';
import { readObjectList, writeObjectList } from './object-list.js';

export interface BackupSources {
  readonly databaseUrl: string;
  readonly buckets: Readonly<Record<(typeof BACKUP_BUCKETS)[number], ObjectStore>>;
}

export type BackupStage = 'database' | (typeof BACKUP_BUCKETS)[number];

export type OnStage = (stage: BackupStage, done: number, total: number) => void;

export interface MadeBackup {
  readonly backup: Backup;
  readonly path: string;
  /** Of objects that weren't in the folder before. */
  readonly newBytes: number;
}

const readBefore = async (
  folder: BackupFolder,
  bucket: (typeof BACKUP_BUCKETS)[number],
): Promise<Map<string, BackupObject>> => {
  const objects = new Map<string, BackupObject>();
  const last = (await folder.list()).at(-1);
  if (last === undefined) return objects;
  const { file, sha256 } = (await folder.read(last)).buckets[bucket];
  for await (const object of readObjectList(join(folder.pathOf(last), file), sha256)) objects.set(object.key, object);
  return objects;
};

/**
 * @param given the folder of backups
 * @throws AppError `invalid_request` for a folder of other things, `conflict` while another backup is made
 */
export const makeBackup = async (sources: BackupSources, given: string, onProgress: OnStage): Promise<MadeBackup> => {
  const folder = await openForBackup(given);
  return withLock(join(folder.path, 'lock'), () => makeInto(folder, sources, onProgress));
};

const makeInto = async (
  folder: BackupFolder,
  { databaseUrl, buckets }: BackupSources,
  onProgress: OnStage,
): Promise<MadeBackup> => {
  const id = backupId(new Date());
  const path = await folder.begin(id);
  const { result: database, release } = await runDatabaseTask(databaseDumpSchema, ['dump', path], {
    ...{ databaseUrl, onTable: (done, total) => onProgress('database', done, total) },
  });
  try {
    const lists: Partial<Backup['buckets']> = {};
    const leftOut: Backup['leftOut'] = [];
    let newBytes = 0;
    for (const bucket of BACKUP_BUCKETS) {
      const copied = await copyBucket(buckets[bucket], folder, {
        ...{ before: await readBefore(folder, bucket), onProgress: (done, total) => onProgress(bucket, done, total) },
      });
      const file = `${bucket}.jsonl.gz`;
      lists[bucket] = {
        ...{ file, sha256: await writeObjectList(join(path, file), copied.objects) },
        ...{ objects: copied.objects.length, bytes: copied.objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) },
      };
      leftOut.push(...copied.leftOut.map((one) => ({ bucket, ...one })));
      newBytes += copied.newBytes;
    }
    const backup: Backup = {
      ...{ schemaVersion: 'backup.v1', id, finishedAt: new Date().toISOString(), graft: versionInfo().graft },
      ...{ database, buckets: lists as Backup['buckets'], leftOut },
    };
    await folder.finish(backup);
    return { backup, path: folder.pathOf(id), newBytes };
  } finally {
    await release();
  }
};

/**
 * Puts a backup into an empty stack: objects first, since each can be put twice, then the database in one transaction. Killed anywhere and begun
 * again, it goes on.
 */
import type { ObjectStore } from '@graft/artifacts';
import { AppError, BACKUP_BUCKETS, databaseStateSchema, type Backup, type DatabaseState } from '@graft/contracts';
import { findBackup } from './backup-folder.js';
import { runDatabaseTask } from './database-process.js';
import type { BackupStage } from './make-backup.js';
import { restoreObjects } from './restore-objects.js';

export interface RestoreTarget {
  readonly databaseUrl: string;
  readonly buckets: Readonly<Record<(typeof BACKUP_BUCKETS)[number], ObjectStore>>;
}

export interface RestoredBackup {
  readonly backup: Backup;
  /** Put now; what was there already isn't counted. */
  readonly objects: number;
  readonly bytes: number;
}

export const askDatabase = async (
  task: 'state' | 'settle',
  { databaseUrl }: Pick<RestoreTarget, 'databaseUrl'>,
): Promise<DatabaseState> => {
  const { result, release } = await runDatabaseTask(databaseStateSchema, [task], { databaseUrl });
  await release();
  return result;
};

/**
 * @param given the folder of backups
 * @throws AppError `conflict` where the stack isn't empty, `corrupt` for damaged files, `not_found` for a backup that isn't there
 */
export const restoreBackup = async (
  target: RestoreTarget,
  { given, id }: { given: string; id?: string | undefined },
  onProgress: (stage: BackupStage, done: number, total: number) => void,
): Promise<RestoredBackup> => {
  const { folder, backup } = await findBackup(given, id);
  const { filled, restoredFrom } = await askDatabase('state', target);
  const isLoaded = restoredFrom === backup.id;
  if (filled.length > 0 && !isLoaded)
    throw new AppError('conflict', `the database isn't empty (${filled.join(', ')}): restore into a new stack`, {
      details: { filled },
    });
  let [objects, bytes] = [0, 0];
  for (const bucket of BACKUP_BUCKETS) {
    const put = await restoreObjects(target.buckets[bucket], folder, { backup, bucket }, (done, total) =>
      onProgress(bucket, done, total),
    );
    objects += put.objects;
    bytes += put.bytes;
  }
  if (!isLoaded) {
    const { release } = await runDatabaseTask(databaseStateSchema, ['load', folder.pathOf(backup.id)], {
      ...{ databaseUrl: target.databaseUrl, onTable: (done, total) => onProgress('database', done, total) },
    });
    await release();
  }
  return { backup, objects, bytes };
};

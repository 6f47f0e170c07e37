/** Reads a backup again: is every byte of it what it was? */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfFile } from '@graft/artifacts';
import { BACKUP_BUCKETS, type Backup, type Digest } from '@graft/contracts';
import pLimit from 'p-limit';
import type { BackupFolder } from './backup-folder.js';
import { readObjectList } from './object-list.js';

const CONCURRENCY = 8;

export interface BackupCheck {
  readonly files: number;
  readonly bytes: number;
  /** What isn't there, or isn't what it was. */
  readonly problems: readonly { readonly path: string; readonly problem: 'missing' | 'damaged'; readonly of: string }[];
}

/** The files of a backup by their paths: their digests, and what each is of. */
const filesOf = async (folder: BackupFolder, backup: Backup): Promise<Map<string, { sha256: Digest; of: string }>> => {
  const files = new Map<string, { sha256: Digest; of: string }>();
  const own = folder.pathOf(backup.id);
  for (const { file, sha256, name } of backup.database.tables)
    files.set(join(own, file), { sha256, of: `the table ${name}` });
  for (const bucket of BACKUP_BUCKETS) {
    const { file, sha256 } = backup.buckets[bucket];
    files.set(join(own, file), { sha256, of: `the list of ${bucket}` });
    // Of a list that is damaged nothing is known but that.
    if ((await digestOfFile(join(own, file)).catch(() => null)) !== sha256) continue;
    for await (const object of readObjectList(join(own, file), sha256))
      files.set(folder.objectPath(object.sha256), { sha256: object.sha256, of: `${object.key} of ${bucket}` });
  }
  return files;
};

export const checkBackup = async (
  folder: BackupFolder,
  backup: Backup,
  onProgress: (done: number, total: number) => void,
): Promise<BackupCheck> => {
  const files = await filesOf(folder, backup);
  const problems: BackupCheck['problems'][number][] = [];
  let [done, bytes] = [0, 0];
  const limit = pLimit(CONCURRENCY);
  await Promise.all(
    [...files].map(([path, { sha256, of }]) =>
      limit(async () => {
        const info = await stat(path).catch(() => null);
        if (info === null) problems.push({ path, problem: 'missing', of });
        else if ((await digestOfFile(path)) !== sha256) problems.push({ path, problem: 'damaged', of });
        bytes += info?.size ?? 0;
        done += 1;
        onProgress(done, files.size);
      }),
    ),
  );
  return { files: files.size, bytes, problems: problems.sort((a, b) => (a.path < b.path ? -1 : 1)) };
};

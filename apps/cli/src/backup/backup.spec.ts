import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { contentKey, createMemoryStore, type ObjectStore } from '@graft/artifacts';
import { AppError, digestOfBytes, type Backup, type BackupObject, type DatabaseDump } from '@graft/contracts';
import { backupId, findBackup, openForBackup, type BackupFolder } from './backup-folder.js';
import { checkBackup } from './check-backup.js';
import { copyBucket, type BucketCopy } from './copy-bucket.js';
import { readObjectList, writeObjectList } from './object-list.js';
import { restoreObjects } from './restore-objects.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

let path: string;
let folder: BackupFolder;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'graft-backups-'));
  folder = await openForBackup(path);
});
afterEach(() => rm(path, { recursive: true, force: true }));

const copy = (store: ObjectStore, before: readonly BackupObject[] = []): Promise<BucketCopy> =>
  copyBucket(store, folder, {
    before: new Map(before.map((object) => [object.key, object])),
    onProgress: () => undefined,
  });

/** Counts what is read. */
const counted = (store: ObjectStore): { store: ObjectStore; reads: string[] } => {
  const reads: string[] = [];
  return { reads, store: { ...store, open: (key) => (reads.push(key), store.open(key)) } };
};

const DATABASE: DatabaseDump = { at: '2026-11-27T18:03:00.000Z', epoch: 1, migrations: [], tables: [], sequences: [] };

/** A whole backup of one bucket in both places. */
const keep = async (id: string, { objects }: BucketCopy): Promise<Backup> => {
  const made = await folder.begin(id);
  const sha256 = await writeObjectList(join(made, 'list.jsonl.gz'), objects);
  const list = { file: 'list.jsonl.gz', sha256, objects: objects.length, bytes: 0 };
  const backup: Backup = {
    ...{ schemaVersion: 'backup.v1', id, finishedAt: DATABASE.at, graft: '0.1.0', database: DATABASE },
    ...{ buckets: { artifacts: list, landing: list }, leftOut: [] },
  };
  await folder.finish(backup);
  return backup;
};

const contentsOf = async (store: ObjectStore): Promise<Record<string, unknown>> => {
  const contents: Record<string, unknown> = {};
  for await (const { key } of store.list('')) {
    const object = await store.get(key);
    contents[key] = [Buffer.from(object?.bytes ?? []).toString(), object?.metadata];
  }
  return contents;
};

describe('objects in a backup', () => {
  it('are those of the bucket, whatever their keys, and come back with what was said of them', async () => {
    const store = createMemoryStore();
    await store.put(contentKey(digestOfBytes(bytesOf('model'))), bytesOf('model'));
    await store.put('flowers/rose/Ünïcode 花.png', bytesOf('a rose'), { metadata: { group: 'plant 7' } });
    await store.put('flowers/rose/copy.png', bytesOf('a rose'));
    await store.put('flowers/rose/empty', bytesOf(''));
    const copied = await copy(store);
    expect(copied).toMatchObject({ leftOut: [], newBytes: 17 });
    const backup = await keep('20261127T180300Z', copied);
    const back = createMemoryStore();
    const progress: string[] = [];
    const put = await restoreObjects(back, folder, { backup, bucket: 'landing' }, (done, total) =>
      progress.push(`${done}/${total}`),
    );
    expect(put).toEqual({ objects: 4, bytes: 17 });
    expect(progress.at(-1)).toBe('4/4');
    expect(await contentsOf(back)).toEqual(await contentsOf(store));
    // Begun again, it puts nothing twice.
    expect(await restoreObjects(back, folder, { backup, bucket: 'landing' }, () => undefined)).toEqual({
      ...{ objects: 0, bytes: 0 },
    });
  });

  it('are read once: the next backup reads what is new or has changed', async () => {
    const { store, reads } = counted(createMemoryStore());
    await store.put('a', bytesOf('one'));
    await store.put('b', bytesOf('two'));
    const first = await copy(store);
    expect(reads.sort()).toEqual(['a', 'b']);
    await store.put('b', bytesOf('other'));
    await store.put('c', bytesOf('three'));
    const second = await copy(store, first.objects);
    expect(reads.sort()).toEqual(['a', 'b', 'b', 'c']);
    expect(second.newBytes).toBe(10);
    expect(second.objects.map(({ key, sizeBytes }) => [key, sizeBytes])).toEqual([
      ['a', 3],
      ['b', 5],
      ['c', 5],
    ]);
    // A file of the folder that was lost or cut short is read again.
    const [object] = second.objects;
    await writeFile(folder.objectPath(object?.sha256 ?? ''), 'o');
    await copy(store, second.objects);
    expect(reads.filter((key) => key === 'a')).toHaveLength(2);
    expect(await readFile(folder.objectPath(object?.sha256 ?? ''), 'utf8')).toBe('one');
  });

  it('are left out, and told of, where they are not what they are called or can’t be asked for', async () => {
    const store = createMemoryStore();
    const key = contentKey(digestOfBytes(bytesOf('model')));
    await store.put(key, bytesOf('mode!'));
    await store.put('sound', bytesOf('x'));
    await store.put('strange', bytesOf('x'));
    const odd: ObjectStore = {
      ...store,
      open: async (asked) => {
        if (asked === 'strange') throw new AppError('invalid_request', 'object key "strange" is strange');
        return store.open(asked);
      },
    };
    const { objects, leftOut } = await copy(odd);
    expect(objects.map((one) => one.key)).toEqual(['sound']);
    expect(leftOut.map((one) => one.key).sort()).toEqual([key, 'strange']);
    expect(leftOut.find((one) => one.key === key)?.why).toContain(digestOfBytes(bytesOf('mode!')));
  });

  it('end the backup where the store fails, and leave no half a file', async () => {
    const store = createMemoryStore();
    await store.put('a', bytesOf('one'));
    const breaking: ObjectStore = {
      ...store,
      open: async (key) => {
        const opened = await store.open(key);
        return (
          opened && {
            ...opened,
            body: (async function* body() {
              yield bytesOf('o');
              throw new AppError('unavailable', 'the store is away');
            })(),
          }
        );
      },
    };
    await expect(copy(breaking)).rejects.toMatchObject({ code: 'unavailable' });
    const files = await readdir(path, { recursive: true, withFileTypes: true });
    expect(files.filter((entry) => entry.isFile())).toEqual([]);
  });

  it('are put back whole or not at all', async () => {
    const store = createMemoryStore();
    await store.put('a', bytesOf('one'));
    const copied = await copy(store);
    const backup = await keep('20261127T180300Z', copied);
    await appendFile(folder.objectPath(copied.objects[0]?.sha256 ?? ''), '!');
    const back = createMemoryStore();
    await expect(restoreObjects(back, folder, { backup, bucket: 'landing' }, () => undefined)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('the bytes of a'),
    });
    expect(await contentsOf(back)).toEqual({});
    await appendFile(join(folder.pathOf(backup.id), 'list.jsonl.gz'), '!');
    const read = readObjectList(join(folder.pathOf(backup.id), 'list.jsonl.gz'), backup.buckets.landing.sha256);
    await expect(read.next()).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('a backup that is read again', () => {
  it('is whole, or says which file of what is missing or damaged', async () => {
    const store = createMemoryStore();
    await store.put('flowers/a', bytesOf('one'));
    await store.put('flowers/b', bytesOf('two'));
    const copied = await copy(store);
    const backup = await keep('20261127T180300Z', copied);
    const check = () => checkBackup(folder, backup, () => undefined);
    expect(await check()).toMatchObject({ files: 3, problems: [] });
    const [a = '', b = ''] = copied.objects.map(({ sha256 }) => folder.objectPath(sha256));
    await writeFile(a, 'On3');
    await rm(b);
    expect((await check()).problems).toEqual(
      [
        { path: a, problem: 'damaged', of: 'flowers/a of landing' },
        { path: b, problem: 'missing', of: 'flowers/b of landing' },
      ].sort((one, other) => (one.path < other.path ? -1 : 1)),
    );
    // The next backup reads anew what was removed.
    await rm(a);
    await keep('20261128T180300Z', await copy(store, copied.objects));
    expect((await check()).problems).toEqual([]);
    await appendFile(join(folder.pathOf(backup.id), 'list.jsonl.gz'), '!');
    expect((await check()).problems).toMatchObject([
      { problem: 'damaged', of: expect.stringContaining('the list of') },
    ]);
  });
});

describe('a folder of backups', () => {
  it('names them by when they began, and gives the latest whole one', async () => {
    expect(backupId(new Date('2026-11-27T18:03:00.123Z'))).toBe('20261127T180300Z');
    await expect(findBackup(path)).rejects.toMatchObject({ code: 'not_found' });
    const nothing = await copy(createMemoryStore());
    await keep('20261126T000000Z', nothing);
    await keep('20261127T000000Z', nothing);
    await folder.begin('20261128T000000Z');
    expect((await findBackup(path)).backup.id).toBe('20261127T000000Z');
    expect((await findBackup(path, '20261126T000000Z')).backup.id).toBe('20261126T000000Z');
    await expect(findBackup(path, '20260101T000000Z')).rejects.toThrow('20261126T000000Z, 20261127T000000Z');
    // What was left unfinished goes with the next.
    await folder.begin('20261129T000000Z');
    expect((await readdir(path)).sort()).toEqual([
      ...['20261126T000000Z', '20261127T000000Z', '20261129T000000Z.partial', 'objects', 'writing'],
    ]);
  });

  it('is for its owner alone, and is made of no other folder', async () => {
    const fresh = join(path, 'inner/new');
    await openForBackup(fresh);
    expect((await stat(fresh)).mode & 0o777).toBe(0o700);
    const other = await mkdtemp(join(tmpdir(), 'graft-other-'));
    try {
      await writeFile(join(other, 'thesis.pdf'), 'x');
      await expect(openForBackup(other)).rejects.toMatchObject({ code: 'invalid_request' });
      await expect(openForBackup(join(other, 'thesis.pdf'))).rejects.toThrow('a file is in its place');
      await expect(findBackup(other)).rejects.toMatchObject({ code: 'not_found' });
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });
});

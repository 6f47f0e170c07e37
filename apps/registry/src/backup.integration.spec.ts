/** The database in a folder, and back. */
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Backup, DatabaseDump } from '@graft/contracts';
import { verifyLedger } from '@graft/registry-client';
import pg from 'pg';
import { markRestored, readDatabaseState } from './backup/database-state.js';
import { dumpDatabase } from './backup/dump-database.js';
import { loadDatabase } from './backup/load-database.js';
import { createWorkshop, digest } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

const connected = async <T>({ databaseUrl }: TestRegistry, act: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
};

const backupOf = (database: DatabaseDump): Backup => ({
  ...{ schemaVersion: 'backup.v1', id: '20261127T180300Z', finishedAt: database.at, graft: '0.1.0', database },
  buckets: {
    artifacts: { file: 'artifacts.jsonl.gz', sha256: digest('a'), objects: 0, bytes: 0 },
    landing: { file: 'landing.jsonl.gz', sha256: digest('l'), objects: 0, bytes: 0 },
  },
  leftOut: [],
});

let source: TestRegistry;
let target: TestRegistry;
let folder: string;
beforeAll(async () => {
  [source, target] = await Promise.all([startTestRegistry(), startTestRegistry()]);
});
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-dump-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const load = (backup: Backup): Promise<void> =>
  target.whileStopped(() => connected(target, (client) => loadDatabase(client, folder, backup)));

describe('a database that is dumped and loaded', () => {
  it('is what it was at one moment, and goes on from there', async () => {
    const admin = source.as('admin');
    const shop = await createWorkshop(admin, 'roses');
    await shop.ship();
    await shop.ship();
    await admin.rollback('roses', { reason: 'worse on\tbuds\n\\N "quoted"' });
    const { id } = await admin.createWebhook({ url: 'https://hooks.example.org/graft', events: [] });
    const before = {
      ledger: await admin.listLedger('roses'),
      versions: await admin.listModelVersions('roses'),
      deployment: await admin.getDeployment('roses', 'production'),
      webhooks: await admin.listWebhooks(),
      runs: await admin.listRuns({}),
    };
    const database = await connected(source, async (client) => {
      const dumped = await dumpDatabase(client, folder);
      // Until the objects are copied too, none may go.
      await expect(admin.openCollection({ olderThanSeconds: 7200 })).rejects.toMatchObject({
        ...{ code: 'conflict', message: expect.stringContaining('a backup is being made') },
      });
      await expect(admin.recordErasure({ digest: digest('x'), reason: 'asked', referrers: [] })).rejects.toMatchObject({
        code: 'conflict',
      });
      return dumped;
    });
    await admin.openCollection({ olderThanSeconds: 7200 });
    await shop.ship();

    const progress: number[] = [];
    await target.whileStopped(() =>
      connected(target, (client) =>
        loadDatabase(client, folder, backupOf(database), (done, total) => progress.push(done / total)),
      ),
    );
    expect(progress.at(-1)).toBe(1);
    const there = target.as('admin');
    expect({
      ledger: await there.listLedger('roses'),
      versions: await there.listModelVersions('roses'),
      deployment: await there.getDeployment('roses', 'production'),
      webhooks: await there.listWebhooks(),
      runs: await there.listRuns({}),
    }).toEqual(before);
    expect(before.webhooks.map((one) => one.id)).toEqual([id]);
    verifyLedger(await there.listLedger('roses'));
    // Rules hold as before, and numbers go on.
    await connected(target, async (client) => {
      await expect(client.query('DELETE FROM "ledger"')).rejects.toThrow();
      expect(await readDatabaseState(client)).toMatchObject({ restoredFrom: '20261127T180300Z', epoch: 1 });
    });
    expect((await there.raiseEpoch({ expectedEpoch: 1, reason: 'restored' })).epoch).toBe(2);
    await connected(target, (client) => markRestored(client, null));
    expect(await connected(target, readDatabaseState)).toMatchObject({ restoredFrom: null, epoch: 2 });
    await there.freeze({ model: 'roses', environment: 'production', reason: 'looking' });
    verifyLedger(await there.listLedger('roses'));
  });

  it('loads into nothing else than an empty database of the same tables that nobody uses, and leaves others as they are', async () => {
    const database = await connected(source, (client) => dumpDatabase(client, folder));
    const backup = backupOf(database);
    await target.as('admin').putDataset('tulips', {});
    await expect(load(backup)).rejects.toMatchObject({
      ...{ code: 'conflict', message: expect.stringContaining("isn't empty") },
    });
    expect((await target.as('admin').getDataset('tulips')).name).toBe('tulips');
    await expect(connected(target, (client) => loadDatabase(client, folder, backup))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('graft-registry'),
    });
    const [first = { name: '', checksum: '' }, ...others] = database.migrations;
    const older = backupOf({ ...database, migrations: others });
    await expect(load(older)).rejects.toMatchObject({ message: expect.stringContaining(`has ${first.name} besides`) });
    const newer = backupOf({ ...database, migrations: [...database.migrations, { name: '2099_more', checksum: 'c' }] });
    await expect(load(newer)).rejects.toMatchObject({ message: expect.stringContaining('2099_more') });
    const [table] = database.tables.filter(({ rows }) => rows > 0);
    if (table === undefined) throw new Error('no table has rows');
    const whole = await readFile(join(folder, table.file));
    await appendFile(join(folder, table.file), 'x');
    await expect(load(backup)).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining(table.file) });
    await writeFile(join(folder, table.file), whole);
  });

  it('is not dumped twice at once', async () => {
    const other = await mkdtemp(join(tmpdir(), 'graft-dump-'));
    try {
      await connected(source, async (first) => {
        await dumpDatabase(first, folder);
        await expect(connected(source, (second) => dumpDatabase(second, other))).rejects.toMatchObject({
          ...{ code: 'conflict', message: expect.stringContaining('another backup') },
        });
      });
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });
});

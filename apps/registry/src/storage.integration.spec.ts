/** What has to stay in the object store, as rows name it, and who removed what nothing names. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { reproductionRunId } from '@graft/contracts';
import pg from 'pg';
import { createWorkshop, datasetVersion, digest } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(async () => registry.stop());

describe('references', () => {
  it('are every digest that rows name, whatever their table', async () => {
    const admin = registry.as('admin');
    const shop = await createWorkshop(admin, 'roses');
    await shop.ship();
    await admin.keepPipelineEmbedder('roses', digest('identity'), digest('kept embedder'));
    await admin.createDatasetVersion({
      ...datasetVersion('roses-images', 2, digest('roses-images 1')),
      ...{ quarantine: digest('quarantine'), landingLog: digest('log'), takenOut: digest('taken') },
    });
    const { named, liveEmbedders } = await registry.as('viewer').listReferences();
    expect(named['dataset_version']).toEqual(
      expect.arrayContaining(['roses-images 1', 'roses-images 2', 'quarantine', 'log', 'taken'].map(digest)),
    );
    expect(named['model_version']).toEqual(
      expect.arrayContaining(['model roses 1', 'golden roses 1', 'report roses 1', 'embedder', 'weights'].map(digest)),
    );
    expect(named['ledger']).toEqual(expect.arrayContaining(['model roses 1', 'report roses 1'].map(digest)));
    expect(named['pipeline_embedder']).toContain(digest('kept embedder'));
    expect(named['version_entry']).toContain(digest('model roses 1'));
    expect(liveEmbedders).toEqual([digest('kept embedder'), digest('embedder')].sort());
  });

  it('leave out the embedders of pipelines that are switched off', async () => {
    const admin = registry.as('admin');
    const shop = await createWorkshop(admin, 'off');
    await shop.register();
    await admin.keepPipelineEmbedder('off', digest('identity'), digest('embedder of off'));
    const live = async () => (await admin.listReferences()).liveEmbedders;
    expect(await live()).toContain(digest('embedder of off'));
    await admin.patchPipeline('off', { enabled: false });
    expect(await live()).not.toContain(digest('embedder of off'));
  });

  it('say since when something is under way', async () => {
    const admin = registry.as('admin');
    const shop = await createWorkshop(admin, 'busy');
    const idle = await admin.listReferences();
    const run = await shop.newRun();
    await shop.newRun();
    const busy = await admin.listReferences();
    expect(busy.underWaySince).toBe(idle.underWaySince ?? run.createdAt);
    expect(busy.runsUnderWay).toContain(run.id);
    await admin.patchRun(run.id, { state: 'failed', error: { code: 'internal', message: 'x' } });
    expect((await admin.listReferences()).runsUnderWay).not.toContain(run.id);
    const { version } = await shop.register();
    const { id } = await admin.requestReproduction(shop.model, version, {});
    expect((await admin.listReferences()).runsUnderWay).toContain(reproductionRunId(id));
  });
});

describe('collections', () => {
  const removed = { objects: 2, bytes: 300, byKind: { image: { objects: 2, bytes: 300 } } };

  it('are kept with who removed what, and end once', async () => {
    const admin = registry.as('admin', { actor: 'kim' });
    const opened = await admin.openCollection({ olderThanSeconds: 604_800 });
    expect(opened).toMatchObject({ by: 'kim', forced: false, finishedAt: null, removed: null });
    const closed = await admin.closeCollection(opened.id, removed);
    expect(closed.removed).toEqual(removed);
    expect(await admin.closeCollection(opened.id, { objects: 0, bytes: 0, byKind: {} })).toEqual(closed);
    expect(await admin.listCollections({ limit: 1 })).toEqual([closed]);
  });

  it('are for admins, and for an age of an hour at least', async () => {
    await expect(registry.as('service').openCollection({ olderThanSeconds: 604_800 })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const admin = registry.as('admin');
    await expect(admin.openCollection({ olderThanSeconds: 3599 })).rejects.toMatchObject({ code: 'refused' });
    expect(await admin.openCollection({ olderThanSeconds: 0, force: true })).toMatchObject({ forced: true });
    await expect(admin.closeCollection('no-such', removed)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('erasures', () => {
  const asked = (text: string) => ({ digest: digest(text), reason: 'the person asked', referrers: [`image ${text}`] });

  it('are kept for good, as they were first asked for', async () => {
    const admin = registry.as('admin', { actor: 'kim' });
    const erasure = await admin.recordErasure(asked('photo'));
    expect(erasure).toMatchObject({ ...asked('photo'), by: 'kim', forced: false });
    expect(await admin.recordErasure({ ...asked('photo'), reason: 'once more' })).toEqual(erasure);
    await admin.recordErasure(asked('other photo'));
    expect((await admin.listErasures()).map((one) => one.digest)).toEqual(['other photo', 'photo'].map(digest));
    const database = new pg.Client({ connectionString: registry.databaseUrl });
    await database.connect();
    await expect(database.query('DELETE FROM "erasure"')).rejects.toThrow('its rows stay as they were written');
    await expect(database.query(`UPDATE "erasure" SET "reason" = 'x'`)).rejects.toThrow('its rows stay');
    await database.end();
  });

  it('are for admins', async () => {
    await expect(registry.as('deployer').recordErasure(asked('photo 3'))).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('are refused for what is served or can be gone back to, unless forced', async () => {
    const admin = registry.as('admin');
    const shop = await createWorkshop(admin, 'tulips');
    await shop.ship();
    await shop.ship();
    const refusal = async (text: string) =>
      admin.recordErasure(asked(text)).then(
        () => null,
        (error: { code: string; details: unknown }) => [error.code, error.details],
      );
    const places = (...said: string[]) => ['refused', expect.objectContaining({ places: said })];
    expect(await refusal('model tulips 2')).toEqual(places('version 2 of tulips, which production serves'));
    expect(await refusal('golden tulips 1')).toEqual(
      places('the golden outputs of version 1 of tulips, which production can go back to'),
    );
    expect(await refusal('report tulips 2')).toBeNull();
    await admin.rollback(shop.model, { reason: 'worse' });
    // Version 2 is withdrawn: nothing goes back to it.
    expect(await refusal('model tulips 2')).toBeNull();
    expect(await admin.recordErasure({ ...asked('model tulips 1'), force: true })).toMatchObject({ forced: true });
  });

  it('leave nothing to roll back to: an earlier one is chosen, and one that is named is refused', async () => {
    const admin = registry.as('admin');
    const shop = await createWorkshop(admin, 'lilies');
    for (let count = 0; count < 3; count += 1) await shop.ship();
    await admin.recordErasure({ ...asked('model lilies 2'), force: true });
    await expect(admin.rollback(shop.model, { toVersion: 2, reason: 'x' })).rejects.toMatchObject({
      ...{ code: 'refused', message: expect.stringContaining('version 2 of lilies was erased') },
    });
    expect(await admin.rollback(shop.model, { reason: 'worse' })).toMatchObject({ version: 1 });
  });

  it('name nothing that has to stay', async () => {
    const { named } = await registry.as('admin').listReferences();
    expect(Object.keys(named)).not.toContain('erasure');
  });
});

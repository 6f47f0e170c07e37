/** Models that were in production elsewhere, as a model's first champion. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAdopted, type NewAdoption } from '@graft/contracts';
import pg from 'pg';
import { createWorkshop, datasetVersion, digest, newVersion } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(async () => registry.stop());

const adoption = (dataset: string, seed: string, changes: Partial<NewAdoption> = {}): NewAdoption => {
  const {
    autoPromote: _,
    requiredApprovals: __,
    blocked: ___,
    ...version
  } = newVersion({
    ...{ runId: 'none', pipeline: { name: 'none', digest: digest('none') } as never, datasetVersion: dataset, seed },
  });
  return {
    ...version,
    lineage: {
      adopted: {
        ...{ file: 'model.onnx', fileDigest: digest(seed), producer: 'pytorch', opset: 17, changes: [] },
        preprocessing: 'torchvision',
      },
      ...{ datasetVersion: dataset, code: { graft: '0.1.0', commit: null } },
      runtime: { onnxruntime: '1.30.0', node: '20.20.2', cpuClass: 'avx2' },
    },
    reason: 'it served for two years',
    ...changes,
  };
};

const newDataset = async (name: string): Promise<string> => {
  const admin = registry.as('admin');
  await admin.putDataset(name, {});
  return (await admin.createDatasetVersion(datasetVersion(name, 1, null))).id;
};

describe('an adopted version', () => {
  it('is version 1, approved on the word of who adopts it, promoted, and followed by versions that runs make', async () => {
    const admin = registry.as('admin', { actor: 'kim' });
    const shop = await createWorkshop(admin, 'roses');
    const { id } = shop.datasetVersion;
    const version = await admin.adoptVersion('roses', adoption(id, 'old'));
    expect(version).toMatchObject({ model: 'roses', version: 1, state: 'approved' });
    expect(isAdopted(version.lineage) && version.lineage.adopted.file).toBe('model.onnx');
    expect((await admin.getReview('roses', 1)).decisions).toMatchObject([
      { by: 'kim', decision: 'approve', reason: 'it served for two years', overrideGate: false },
    ]);
    expect(await admin.adoptVersion('roses', adoption(id, 'old'))).toEqual(version);
    const { signature } = adoption(id, 'old');
    const fedOtherwise = { ...signature, preprocessing: { ...signature.preprocessing, cropShare: 1 } };
    await expect(admin.adoptVersion('roses', adoption(id, 'old', { signature: fedOtherwise }))).rejects.toMatchObject({
      ...{ code: 'conflict', details: { differences: ['its preprocessing'] } },
      message: expect.stringContaining('this very file is version 1 of roses already'),
    });
    expect(await admin.listModelVersions('roses')).toEqual([version]);
    const promoted = await shop.promote(1);
    expect(promoted).toMatchObject({ state: 'committed', generation: 1 });
    expect((await admin.listLedger('roses'))[0]).toMatchObject({
      action: 'promote',
      artifactDigest: digest('model old'),
    });
    // Made of the adopted champion's labels, in its place.
    expect(await shop.ship()).toBe(2);
    expect((await admin.getDeployment('roses', 'production'))?.previous).toMatchObject({ version: 1 });
    expect(await admin.rollback('roses', { reason: 'worse' })).toMatchObject({ version: 1 });
  });

  it('takes the place of one that was adopted wrongly, and can be rolled back to it', async () => {
    const admin = registry.as('admin');
    const shop = await createWorkshop(admin, 'asters');
    const { id } = shop.datasetVersion;
    await admin.adoptVersion('asters', adoption(id, 'labels in another order'));
    await shop.promote(1);
    expect(await admin.adoptVersion('asters', adoption(id, 'labels in their order'))).toMatchObject({ version: 2 });
    expect(await shop.promote(2)).toMatchObject({ state: 'committed', generation: 2 });
    expect(await admin.rollback('asters', { reason: 'it was right after all' })).toMatchObject({ version: 1 });
  });

  it('is refused where the environment serves what a run made', async () => {
    const admin = registry.as('admin');
    const shop = await createWorkshop(admin, 'tulips');
    await shop.ship();
    await expect(admin.adoptVersion('tulips', adoption(shop.datasetVersion.id, 'late'))).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('production serves version 1 of tulips already'),
    });
  });

  it('says what is missing: the dataset version, or the right', async () => {
    const admin = registry.as('admin');
    await expect(admin.adoptVersion('none', adoption(digest('no data'), 'x'))).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(admin.getModel('none')).rejects.toMatchObject({ code: 'not_found' });
    await expect(registry.as('deployer').adoptVersion('none', adoption(digest('x'), 'x'))).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('keeps the number of the external version that it is', async () => {
    const admin = registry.as('admin');
    const data = await newDataset('old-images');
    const ask = (path: string, body: object): Promise<Response> =>
      fetch(`${registry.url()}/api/2.0/mlflow/${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer token-of-admin', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await ask('registered-models/create', { name: 'old' });
    for (const source of ['s3://elsewhere/1', 's3://elsewhere/2'])
      await ask('model-versions/create', { name: 'old', source });
    await expect(admin.adoptVersion('old', adoption(data, 'old 7', { number: 7 }))).rejects.toMatchObject({
      ...{ code: 'not_found', message: 'no external version 7 of old' },
    });
    const version = await admin.adoptVersion('old', adoption(data, 'old 1', { number: 1 }));
    expect(version).toMatchObject({ version: 1, state: 'approved' });
    expect(await admin.adoptVersion('old', adoption(data, 'old 1', { number: 1 }))).toEqual(version);
    await expect(admin.adoptVersion('old', adoption(data, 'other', { number: 1 }))).rejects.toMatchObject({
      code: 'conflict',
    });
    const found = await fetch(`${registry.url()}/api/2.0/mlflow/model-versions/get?name=old&version=1`, {
      headers: { authorization: 'Bearer token-of-admin' },
    });
    const model = digest('model old 1');
    expect(await found.json()).toMatchObject({
      model_version: { source: expect.stringContaining(`sha256/${model.slice(0, 2)}/${model}`) },
    });
    // The next one takes the next number of both kinds.
    expect(await admin.adoptVersion('old', adoption(data, 'old 3'))).toMatchObject({ version: 3 });
    const database = new pg.Client({ connectionString: registry.databaseUrl });
    await database.connect();
    await expect(
      database.query(`UPDATE "version_entry" SET "kind" = 'external' WHERE "model" = 'old'`),
    ).rejects.toThrow('is refused');
    await expect(
      database.query(`UPDATE "version_entry" SET "source" = 'x' WHERE "model" = 'old' AND "version" = 2`),
    ).rejects.toThrow('is refused');
    await database.end();
  });
});

/** MLflow's API over the registry's data: rights, champion, external versions, hiding. What MLflow's own server does is compared in parity. */
import { requireMade } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkshop, digest } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let admin: Registry;

beforeAll(async () => {
  registry = await startTestRegistry({ catalogue: { artifactsBucket: 'artifacts', promotionWaitMs: 600 } });
  admin = registry.as('admin');
});
afterAll(() => registry.stop());

type Answer = { status: number; body: Record<string, unknown> };
const ask = async (
  method: string,
  path: string,
  asked: Record<string, unknown> = {},
  options: { role?: string; authorization?: string } = {},
): Promise<Answer> => {
  const { role = 'admin', authorization = `Bearer token-of-${role}` } = options;
  const isGet = method === 'GET';
  const query = isGet ? `?${new URLSearchParams(asked as Record<string, string>).toString()}` : '';
  const response = await fetch(`${registry.url()}/api/2.0/mlflow/${path}${query}`, {
    method,
    headers: {
      ...(authorization === '' ? {} : { authorization }),
      ...(isGet ? {} : { 'content-type': 'application/json' }),
    },
    ...(isGet ? {} : { body: JSON.stringify(asked) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const found = async (filter: string): Promise<string[]> => {
  const { body } = await ask('GET', 'model-versions/search', { filter, order_by: 'version_number' });
  return ((body['model_versions'] ?? []) as { name: string; version: string }[]).map(
    ({ name, version }) => `${name} ${version}`,
  );
};
const external = (name: string): Promise<Answer> =>
  ask('POST', 'model-versions/create', { name, source: 's3://elsewhere/model' });

describe('a version that was made here', () => {
  it('is read with its run, the address of its artifact, and what the registry knows of it', async () => {
    const shop = await createWorkshop(admin, 'read');
    const version = await shop.register();
    const { status, body } = await ask('GET', 'model-versions/get', { name: 'read', version: '1' });
    const model = digest('model read 1');
    expect(status).toBe(200);
    expect(body['model_version']).toMatchObject({
      name: 'read',
      version: '1',
      current_stage: 'None',
      status: 'READY',
      run_id: requireMade(version).runId,
      source: `s3://artifacts/sha256/${model.slice(0, 2)}/${model}`,
      tags: [
        { key: 'graft.accuracy', value: '0.8' },
        { key: 'graft.gate', value: 'pass' },
        { key: 'graft.state', value: 'candidate' },
        { key: 'graft.variant', value: 'fp32' },
      ],
    });
    const uri = await ask('GET', 'model-versions/get-download-uri', { name: 'read', version: '1' });
    expect(uri.body).toEqual({ artifact_uri: `s3://artifacts/sha256/${model.slice(0, 2)}/${model}` });
  });

  it('is found by what the registry knows of it, by its run and by its address', async () => {
    const shop = await createWorkshop(admin, 'sought');
    const first = await shop.register();
    await shop.register({ gateVerdict: 'fail' });
    await shop.approve(1);
    expect(await found("name = 'sought' AND tags.graft.state = 'approved'")).toEqual(['sought 1']);
    expect(await found("name = 'sought' AND tags.graft.gate != 'pass'")).toEqual(['sought 2']);
    expect(await found(`run_id = '${requireMade(first).runId}'`)).toEqual(['sought 1']);
    expect(await found(`source_path LIKE '%/${digest('model sought 1')}'`)).toEqual(['sought 1']);
  });

  it('keeps what the registry knows of it; other tags, aliases, stages and descriptions are free', async () => {
    const shop = await createWorkshop(admin, 'tagged');
    await shop.register();
    const version = { name: 'tagged', version: '1' };
    for (const [method, path] of [
      ['POST', 'model-versions/set-tag'],
      ['DELETE', 'model-versions/delete-tag'],
    ] as const) {
      expect(await ask(method, path, { ...version, key: 'graft.state', value: 'approved' })).toMatchObject({
        status: 400,
        body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining('read-only') as unknown },
      });
    }
    expect((await ask('POST', 'model-versions/set-tag', { ...version, key: 'owner', value: 'eve' })).status).toBe(200);
    expect((await ask('POST', 'registered-models/alias', { ...version, alias: 'best' })).status).toBe(200);
    await ask('POST', 'model-versions/transition-stage', { ...version, stage: 'production' });
    await ask('PATCH', 'model-versions/update', { ...version, description: 'a good one' });
    const { body } = await ask('GET', 'registered-models/alias', { name: 'tagged', alias: 'best' });
    expect(body['model_version']).toMatchObject({
      current_stage: 'Production',
      description: 'a good one',
      aliases: ['best'],
      tags: expect.arrayContaining([{ key: 'owner', value: 'eve' }]) as unknown,
    });
    expect(await admin.getDeployment('tagged', 'production')).toBeNull();
  });
});

describe('an external version', () => {
  it('shares its model with those made here, and each takes the next number', async () => {
    const shop = await createWorkshop(admin, 'mixed');
    await shop.register();
    expect((await external('mixed')).body['model_version']).toMatchObject({ version: '2', run_id: '' });
    expect((await shop.register()).version).toBe(3);
    expect((await admin.listModelVersions('mixed')).map(({ version }) => version)).toEqual([3, 1]);
    expect(await found("name = 'mixed'")).toEqual(['mixed 1', 'mixed 2', 'mixed 3']);
  });

  it('a copy of a version made here knows where its bytes are', async () => {
    const shop = await createWorkshop(admin, 'origin');
    await shop.register();
    await ask('POST', 'registered-models/create', { name: 'A copy' });
    const copy = await ask('POST', 'model-versions/create', { name: 'A copy', source: 'models:/origin/1' });
    expect(copy.body['model_version']).toMatchObject({ source: 'models:/origin/1' });
    const { body } = await ask('GET', 'model-versions/get-download-uri', { name: 'A copy', version: '1' });
    expect(body['artifact_uri']).toMatch(/^s3:\/\/artifacts\/sha256\//);
  });

  it('is not served: champion is refused with the reason', async () => {
    await ask('POST', 'registered-models/create', { name: 'Not ours' });
    await external('Not ours');
    const champion = { name: 'Not ours', alias: 'champion', version: '1' };
    expect(await ask('POST', 'registered-models/alias', champion)).toMatchObject({
      status: 409,
      body: { error_code: 'INVALID_STATE', message: expect.stringMatching(/is external .*another alias/) as unknown },
    });
    expect((await ask('DELETE', 'registered-models/alias', champion)).status).toBe(200);
  });
});

describe('the alias champion', () => {
  const champion = (name: string, version: string, role?: string): Promise<Answer> =>
    ask('POST', 'registered-models/alias', { name, version, alias: 'champion' }, role === undefined ? {} : { role });
  /** What the orchestrator would do. */
  const carryOut = async (model: string): Promise<void> => {
    for (;;) {
      const waiting = (await admin.listPromotions()).find((one) => one.model === model && one.state === 'requested');
      if (waiting === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      await admin.preparePromotion(waiting.id);
      await admin.commitPromotion(waiting.id);
      return;
    }
  };

  it('is what production serves, and can not be deleted', async () => {
    const shop = await createWorkshop(admin, 'serves');
    await shop.ship();
    const { body } = await ask('GET', 'registered-models/get', { name: 'serves' });
    expect(body['registered_model']).toMatchObject({ aliases: [{ alias: 'champion', version: '1' }] });
    const version = await ask('GET', 'registered-models/alias', { name: 'serves', alias: 'champion' });
    expect(version.body['model_version']).toMatchObject({ version: '1', aliases: ['champion'] });
    expect(await ask('DELETE', 'registered-models/alias', { name: 'serves', alias: 'champion' })).toMatchObject({
      status: 409,
      body: { error_code: 'INVALID_STATE' },
    });
  });

  it('set, is a promotion with a row in the ledger; set again, no change', async () => {
    const shop = await createWorkshop(admin, 'moves');
    await shop.ship();
    await shop.register();
    await shop.approve(2);
    const [answer] = await Promise.all([champion('moves', '2', 'deployer'), carryOut('moves')]);
    expect(answer).toEqual({ status: 200, body: {} });
    expect((await champion('moves', '2')).status).toBe(200);
    const ledger = await admin.listLedger('moves');
    expect(ledger.map(({ version }) => version)).toEqual([2, 1]);
    expect(ledger[0]).toMatchObject({ by: 'deployer', reason: "alias champion set through MLflow's API by deployer" });
  });

  it('is refused for a version that was not approved, and for those who may not promote', async () => {
    const shop = await createWorkshop(admin, 'gated');
    await shop.register();
    const refused = await champion('gated', '1');
    expect(refused).toMatchObject({ status: 409, body: { error_code: 'INVALID_STATE' } });
    await expect(shop.promote(1)).rejects.toMatchObject({ message: refused.body['message'] });
    expect(await champion('gated', '1', 'trainer')).toMatchObject({
      status: 403,
      body: { error_code: 'PERMISSION_DENIED', message: expect.stringContaining('deployer, admin') as unknown },
    });
  });

  it('says where nobody carries the promotion out, which stays requested', async () => {
    const shop = await createWorkshop(admin, 'waits');
    await shop.register();
    await shop.approve(1);
    expect(await champion('waits', '1')).toMatchObject({
      status: 409,
      body: { error_code: 'TEMPORARILY_UNAVAILABLE', message: expect.stringContaining('is requested') as unknown },
    });
    expect((await admin.listPromotions()).filter(({ model }) => model === 'waits')).toMatchObject([
      { state: 'requested' },
    ]);
  });
});

describe('deleting', () => {
  it('is refused where the ledger tells of it, or may yet', async () => {
    const shop = await createWorkshop(admin, 'served');
    await shop.ship();
    await shop.register();
    expect(await ask('DELETE', 'model-versions/delete', { name: 'served', version: '1' })).toMatchObject({
      status: 409,
      body: { error_code: 'INVALID_STATE', message: expect.stringContaining('ledger') as unknown },
    });
    expect(await ask('DELETE', 'registered-models/delete', { name: 'served' })).toMatchObject({ status: 409 });
    expect((await ask('DELETE', 'registered-models/delete', { name: 'waits' })).status).toBe(409);
    await ask('POST', 'registered-models/alias', { name: 'served', alias: 'next', version: '2' });
    expect((await ask('DELETE', 'model-versions/delete', { name: 'served', version: '2' })).status).toBe(200);
    expect(await found("name = 'served'")).toEqual(['served 1']);
    expect((await admin.listModelVersions('served')).map(({ version }) => version)).toEqual([2, 1]);
    expect((await shop.register()).version).toBe(3);
  });

  it('a model leaves its name free, and what waited for review goes with it', async () => {
    const shop = await createWorkshop(admin, 'fleeting');
    await shop.register();
    expect((await ask('DELETE', 'registered-models/delete', { name: 'fleeting' })).status).toBe(200);
    expect(await ask('GET', 'registered-models/get', { name: 'fleeting' })).toMatchObject({ status: 404 });
    expect((await admin.listReviews()).filter(({ model }) => model.startsWith('fleeting'))).toEqual([]);
    expect((await admin.listModels()).filter(({ name }) => name.startsWith('fleeting'))).toEqual([]);
    await ask('POST', 'registered-models/create', { name: 'fleeting' });
    expect((await external('fleeting')).body['model_version']).toMatchObject({ version: '1' });
  });
});

describe('renaming', () => {
  it('is refused while a pipeline makes the versions, and to names that nothing can be served under', async () => {
    const shop = await createWorkshop(admin, 'named');
    await shop.register();
    const rename = (to: string): Promise<Answer> =>
      ask('POST', 'registered-models/rename', { name: 'named', new_name: to });
    expect(await rename('renamed')).toMatchObject({ status: 409, body: { error_code: 'INVALID_STATE' } });
    expect(await rename('Two words')).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining('can be served') as unknown },
    });
    await admin.patchPipeline('named', { enabled: false });
    expect((await rename('renamed')).status).toBe(200);
    expect(await found("name = 'renamed'")).toEqual(['renamed 1']);
  });
});

describe('rights and errors', () => {
  it('are told as MLflow tells them', async () => {
    expect(await ask('GET', 'registered-models/search', {}, { authorization: '' })).toMatchObject({
      status: 401,
      body: { error_code: 'UNAUTHENTICATED' },
    });
    expect(await ask('POST', 'registered-models/create', { name: 'x' }, { role: 'viewer' })).toMatchObject({
      status: 403,
      body: { error_code: 'PERMISSION_DENIED' },
    });
    expect((await ask('DELETE', 'registered-models/delete', { name: 'x' }, { role: 'deployer' })).status).toBe(403);
    for (const path of ['webhooks', 'experiments/search', 'registered-models/nothing']) {
      expect(await ask('GET', path)).toMatchObject({ status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND' } });
    }
    expect(await ask('POST', 'registered-models/create', { name: 'a\0b' })).toMatchObject({ status: 400 });
  });

  it('a token is taken as the password of basic authentication, too', async () => {
    const authorization = `Basic ${Buffer.from('anybody:token-of-viewer').toString('base64')}`;
    expect((await ask('GET', 'registered-models/search', {}, { authorization })).status).toBe(200);
    const wrong = `Basic ${Buffer.from('token-of-viewer:x').toString('base64')}`;
    expect((await ask('GET', 'registered-models/search', {}, { authorization: wrong })).status).toBe(401);
  });
});

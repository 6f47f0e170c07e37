/** Bulk classifications: asked for, joined, called off, carried out by services, ended once. HTTP adapter → server → PostgreSQL. */
import type { Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkshop, digest, inVariants } from './testing/entities.js';
import { failure } from './testing/failure.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let trainer: Registry;
let service: Registry;
let shop: Awaited<ReturnType<typeof createWorkshop>>;

const source = 's3://photos/2026/';
const to = (name: string) => ({ source, target: `s3://answers/${name}/` });

beforeAll(async () => {
  registry = await startTestRegistry();
  [trainer, service] = [registry.as('trainer'), registry.as('service')];
  shop = await createWorkshop(registry.as('admin'), 'photos');
  await shop.register(inVariants('two forms', { int8: 'pass', fp32: 'pass' }));
});
afterAll(async () => registry.stop());

describe('a bulk classification', () => {
  it('is by a version that is named, before anything serves; then by what serves', async () => {
    expect(await failure(trainer.requestBulk('photos', to('served')))).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('nothing of photos serves in production'),
    });
    const named = await trainer.requestBulk('photos', { ...to('named'), version: 1 });
    expect(named).toMatchObject({
      ...{ version: 1, variant: 'int8', artifactDigest: digest('model two forms int8'), state: 'requested' },
      ...{ total: null, parts: 0, top: 3, by: 'trainer' },
    });
    expect(await trainer.requestBulk('photos', { ...to('form'), version: 1, variant: 'fp32' })).toMatchObject({
      artifactDigest: digest('model two forms fp32'),
    });
    await shop.approve(1);
    await shop.promote(1, 'production', 'fp32');
    expect(await trainer.requestBulk('photos', to('served'))).toMatchObject({ version: 1, variant: 'fp32' });
    await shop.ship();
    // What is promoted meanwhile changes nothing.
    expect(await trainer.getBulk(named.id)).toMatchObject({ version: 1, variant: 'int8' });
  });

  it('is one while it is under way; another is not let write to the same place', async () => {
    const asked = await Promise.all(
      Array.from({ length: 5 }, () => trainer.requestBulk('photos', { ...to('one'), version: 1 })),
    );
    const [{ id } = { id: '' }] = asked;
    expect(new Set(asked.map((one) => one.id))).toEqual(new Set([id]));
    expect(await failure(trainer.requestBulk('photos', { ...to('one'), version: 2 }))).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`graft bulk cancel ${id}`),
    });
    expect(await failure(trainer.requestBulk('photos', { source, target: `${source}answers/` }))).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('within each other'),
    });
  });

  it('goes forward alone, and ends once', async () => {
    const { id } = await trainer.requestBulk('photos', { ...to('ends'), version: 1 });
    await service.patchBulk(id, { state: 'running', total: 700 });
    const far = { parts: 2, objects: 700, unfit: 1 };
    await service.patchBulk(id, { state: 'running', ...far });
    // A worker that was taken for lost.
    expect(await service.patchBulk(id, { state: 'running', parts: 1, objects: 512, unfit: 0 })).toMatchObject(far);
    const ended = await service.patchBulk(id, { state: 'succeeded', ...far });
    expect(ended).toMatchObject({ state: 'succeeded', total: 700, ...far, finishedAt: expect.any(String) });
    expect(await service.patchBulk(id, { state: 'succeeded', ...far })).toEqual(ended);
    expect(await service.patchBulk(id, { state: 'running', parts: 1, objects: 1, unfit: 0 })).toEqual(ended);
    const error = { code: 'unavailable', message: 'away' };
    expect((await failure(service.patchBulk(id, { state: 'failed', error }))).code).toBe('conflict');
    expect(await trainer.cancelBulk(id)).toEqual(ended);
    expect(await trainer.requestBulk('photos', { ...to('ends'), version: 1 })).not.toMatchObject({ id });
  });

  it('can be called off, and stays so', async () => {
    const { id } = await trainer.requestBulk('photos', { ...to('off'), version: 1 });
    const off = await registry.as('deployer').cancelBulk(id);
    expect(off).toMatchObject({ state: 'cancelled', finishedAt: expect.any(String) });
    expect(await service.patchBulk(id, { state: 'succeeded', parts: 1, objects: 1, unfit: 0 })).toEqual(off);
    expect((await trainer.listBulks({ state: 'cancelled' })).map((one) => one.id)).toEqual([id]);
    expect((await trainer.listBulks({ model: 'photos', limit: 1 })).map((one) => one.id)).toEqual([id]);
  });

  it('is of what there is, and for those who may', async () => {
    for (const [model, version, variant] of [
      ['wasps', 1, null],
      ['photos', 9, null],
      ['photos', 1, 'pruned50'],
    ] as const) {
      const asked = trainer.requestBulk(model, { ...to('nothing'), version, variant });
      expect((await failure(asked)).code).toBe('not_found');
    }
    const { id } = await trainer.requestBulk('photos', { ...to('rights'), version: 1 });
    expect((await failure(registry.as('viewer').requestBulk('photos', to('v')))).code).toBe('forbidden');
    expect((await failure(registry.as('viewer').cancelBulk(id))).code).toBe('forbidden');
    expect((await failure(trainer.patchBulk(id, { state: 'running' }))).code).toBe('forbidden');
    expect((await failure(trainer.getBulk('nothing'))).code).toBe('not_found');
  });
});

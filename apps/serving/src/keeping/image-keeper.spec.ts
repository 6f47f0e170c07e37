import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore, type ObjectStore } from '@graft/artifacts';
import { AppError, digestOfBytes, type Servable } from '@graft/contracts';
import { createLogger } from '@graft/platform';
import { createFakeRegistry, deploymentOf, type FakeRegistry } from '../testing/fake-registry.js';
import { createFixture, eventually, type Fixture } from '../testing/fixture.js';
import { GREEN, RED, SIGNATURE } from '../testing/tiny-model.js';
import { createImageKeeper, type Candidate, type KeepPolicy } from './image-keeper.js';

const keysOf = async (store: ObjectStore): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  return keys;
};

describe('keeping images', () => {
  let landing: ReturnType<typeof createMemoryStore>;
  let registry: FakeRegistry;
  let now: Date;
  const keeper = (policy: Partial<KeepPolicy> = {}) =>
    createImageKeeper({
      policy: { reasons: ['unsure', 'disagreement'], unsureBelow: 0.5, perHour: 100, ...policy },
      ...{ landing, registry, logger: createLogger({ service: 'test', level: 'silent' }), now: () => now },
    });
  const candidate = (bytes: Uint8Array, changes: Partial<Candidate> = {}): Candidate => ({
    ...{ why: 'unsure', model: 'colours', version: 1, bytes, label: 'röd', probability: 0.41237, ...changes },
  });

  beforeEach(() => {
    landing = createMemoryStore();
    registry = createFakeRegistry();
    registry.register({ model: 'colours', version: 1, signature: SIGNATURE, artifacts: [] });
    now = new Date('2026-11-27T10:00:00Z');
  });

  it('puts an image once, into the batch of the day of the dataset that its version learned from, with what was answered', async () => {
    const images = keeper();
    for (let i = 0; i < 3; i += 1) images.offer(candidate(RED));
    await images.settle();
    const key = `painted/@kept-2026-11-27/${digestOfBytes(RED)}.png`;
    expect(await keysOf(landing)).toEqual([key]);
    expect(await landing.get(key)).toMatchObject({
      bytes: RED,
      metadata: { source: 'serving', why: 'unsure', version: '1', answered: 'r%C3%B6d', probability: '0.4124' },
    });
  });

  it('keeps for the reasons of its policy alone', async () => {
    const images = keeper({ reasons: ['disagreement'] });
    expect([images.keepsFor('unsure'), images.isUnsure(0.1)]).toEqual([false, false]);
    images.offer(candidate(RED));
    images.offer(candidate(GREEN, { why: 'disagreement' }));
    await images.settle();
    expect(await keysOf(landing)).toEqual([expect.stringContaining(digestOfBytes(GREEN))]);
    expect([keeper().isUnsure(0.49), keeper().isUnsure(0.5)]).toEqual([true, false]);
  });

  it('keeps no more in an hour than it may, and goes on in the next', async () => {
    const images = keeper({ perHour: 1 });
    images.offer(candidate(RED));
    images.offer(candidate(GREEN));
    await images.settle();
    expect(await keysOf(landing)).toHaveLength(1);
    now = new Date('2026-11-27T11:00:00Z');
    images.offer(candidate(GREEN));
    await images.settle();
    expect(await keysOf(landing)).toHaveLength(2);
  });

  it('forgets what could not be kept: it is tried again when it comes again', async () => {
    const images = keeper();
    registry.away = true;
    images.offer(candidate(RED));
    await images.settle();
    expect(await keysOf(landing)).toEqual([]);
    registry.away = false;
    images.offer(candidate(RED));
    await images.settle();
    expect(await keysOf(landing)).toHaveLength(1);
  });

  it('is of no harm where the store is away', async () => {
    landing.put = async () => Promise.reject(new AppError('unavailable', 'the store is away'));
    const images = keeper();
    images.offer(candidate(RED));
    await expect(images.settle()).resolves.toBeUndefined();
  });
});

describe('a replica that keeps images', () => {
  let fixture: Fixture;
  let landing: ObjectStore;
  beforeEach(async () => {
    fixture = await createFixture();
    landing = createMemoryStore();
  });
  afterEach(async () => fixture.dispose());

  const start = async (policy: KeepPolicy | null) => {
    const serving = await fixture.start(
      policy === null ? {} : { keeping: { ...policy, landing, registry: fixture.registry } },
    );
    const ask = async (bytes: Uint8Array, headers: Readonly<Record<string, string>> = {}) => {
      const response = await fetch(`${serving.url}/v1/models/colours:classify`, {
        ...{ method: 'POST', body: new Uint8Array(bytes), headers: { 'content-type': 'image/png', ...headers } },
      });
      return { status: response.status, body: await response.text() };
    };
    await eventually(async () => (await ask(RED, { 'x-graft-keep': 'no' })).status === 200);
    return { ask, close: () => serving.close() };
  };
  const everything: KeepPolicy = { reasons: ['unsure'], unsureBelow: 1.01, perHour: 100 };
  const serve = (target: Servable) => {
    fixture.registry.desire({ deployments: [deploymentOf({ model: 'colours', generation: 1, target })] });
  };

  it('keeps what it is unsure of, but for requests that say no', async () => {
    serve(await fixture.publish({ model: 'colours', version: 1 }));
    const { ask, close } = await start(everything);
    expect(await ask(GREEN, { 'x-graft-keep': 'no' })).toMatchObject({ status: 200 });
    expect(await ask(RED)).toMatchObject({ status: 200 });
    expect(await ask(RED, { 'x-graft-keep': 'perhaps' })).toMatchObject({ status: 400 });
    await close();
    expect(await keysOf(landing)).toEqual([expect.stringContaining(digestOfBytes(RED))]);
  });

  it('keeps nothing without being told to', async () => {
    serve(await fixture.publish({ model: 'colours', version: 1 }));
    const { ask, close } = await start(null);
    expect(await ask(RED)).toMatchObject({ status: 200 });
    await close();
    expect(await keysOf(landing)).toEqual([]);
  });

  it('keeps what a shadow sees otherwise, with the answer that was given', async () => {
    const [champion, shadow] = await Promise.all(
      [1, 2].map((version) => fixture.publish({ model: 'colours', version })),
    );
    if (champion === undefined || shadow === undefined) throw new Error('two were published');
    const deployment = deploymentOf({ model: 'colours', generation: 2, target: champion });
    const trial = { role: 'shadow', target: shadow, trialId: '0190c5a2-0000-7000-8000-000000000001' } as const;
    fixture.registry.desire({ deployments: [deployment, { ...deployment, ...trial }] });
    const { ask, close } = await start({ reasons: ['disagreement'], unsureBelow: 0, perHour: 100 });
    await eventually(async () => {
      await ask(RED);
      return (await keysOf(landing)).length > 0;
    });
    await close();
    const [key = ''] = await keysOf(landing);
    expect((await landing.get(key))?.metadata).toMatchObject({ why: 'disagreement', version: '1' });
  });
});

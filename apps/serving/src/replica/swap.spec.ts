import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { contentKey, eraseObject } from '@graft/artifacts';
import { digestOfBytes, type Classification, type Servable } from '@graft/contracts';
import { deploymentOf, preparationOf } from '../testing/fake-registry.js';
import { createFixture, eventually, type Fixture } from '../testing/fixture.js';
import { createTinyVersion, GREEN, RED } from '../testing/tiny-model.js';

const classify = async (url: string, image = RED, model = 'colours'): Promise<Classification> => {
  const response = await fetch(`${url}/v1/models/${model}:classify`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: image,
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as Classification;
};
const isReady = async (url: string): Promise<boolean> => (await fetch(`${url}/v2/health/ready`)).ok;

// Others may share the machine.

describe('a replica', () => {
  let fixture: Fixture;
  let one: Servable;
  let two: Servable;

  beforeEach(async () => {
    fixture = await createFixture();
    one = await fixture.publish({ model: 'colours', version: 1 });
    two = await fixture.publish({ model: 'colours', version: 2 });
  });
  afterEach(() => fixture.dispose());

  const deploy = (generation: number, target: Servable, previous: Servable | null = null, epoch = 1): void =>
    fixture.registry.desire({
      epoch,
      deployments: [deploymentOf({ model: 'colours', epoch, generation, target, previous })],
      preparations: [],
    });
  const servesGeneration = (generation: number): boolean =>
    fixture.registry.reports.at(-1)?.serving[0]?.generation === generation;

  it('is ready with nothing deployed, and loads, serves and acknowledges what is', async () => {
    const { url } = await fixture.start();
    await eventually(() => isReady(url));
    deploy(1, one);
    fixture.registry.tell('deployment');
    await eventually(() => servesGeneration(1));
    expect(await classify(url)).toMatchObject({ version: 1, generation: 1, classes: [{ label: 'red' }, {}, {}] });
    expect(fixture.registry.reports.at(-1)).toMatchObject({
      url,
      cpuClass: 'avx2',
      serving: [{ model: 'colours', epoch: 1, generation: 1, version: 1, artifactDigest: one.artifactDigest }],
      problems: [],
    });
  });

  it('prepares before it swaps, and goes back and forth between versions that stay loaded', async () => {
    deploy(1, one);
    const { url } = await fixture.start();
    await eventually(() => servesGeneration(1));
    fixture.registry.desire({ preparations: [preparationOf({ promotionId: 'p1', model: 'colours', target: two })] });
    fixture.registry.tell('preparation');
    await eventually(() => fixture.registry.reports.at(-1)?.prepared[0]?.ok === true);
    expect((await classify(url)).version).toBe(1);

    deploy(2, two, one);
    fixture.registry.tell('deployment');
    await eventually(() => servesGeneration(2));
    expect(await classify(url)).toMatchObject({ version: 2, classes: [{ label: 'green' }, {}, {}] });

    for (let generation = 3; generation <= 7; generation += 1) {
      if (generation % 2 === 1) deploy(generation, one, two);
      else deploy(generation, two, one);
      fixture.registry.tell('deployment');
      await eventually(async () => (await classify(url)).generation === generation);
    }
    expect((await classify(url)).version).toBe(1);
  });

  it('loses no request over a swap', async () => {
    deploy(1, one, two);
    const { url } = await fixture.start();
    await eventually(() => servesGeneration(1));
    let stop = false;
    const seen: Classification[] = [];
    const clients = Array.from({ length: 4 }, async () => {
      while (!stop) seen.push(await classify(url));
    });
    for (let generation = 2; generation <= 6; generation += 1) {
      deploy(generation, generation % 2 === 0 ? two : one, generation % 2 === 0 ? one : two);
      fixture.registry.tell('deployment');
      await eventually(() => seen.some((answer) => answer.generation === generation));
    }
    stop = true;
    await Promise.all(clients);
    expect(new Set(seen.map(({ version }) => version))).toEqual(new Set([1, 2]));
    for (const { version, generation, classes } of seen) {
      expect(version).toBe(generation % 2 === 0 ? 2 : 1);
      expect(classes[0]?.label).toBe(version === 1 ? 'red' : 'green');
    }
  });

  it('acts on a deployment as soon as it is told, before it has asked', async () => {
    deploy(1, one, two);
    const { url } = await fixture.start();
    await eventually(() => servesGeneration(1));
    await eventually(async () => (await fetch(`${url}/v2/models/colours/versions/2`)).ok);
    // What it could ask doesn't answer: the news alone can have moved it.
    fixture.registry.away = true;
    const news = (generation: number, target: Servable, previous: Servable, epoch = 1): void =>
      fixture.registry.tell('deployment', deploymentOf({ model: 'colours', epoch, generation, target, previous }));
    news(2, two, one);
    await eventually(async () => (await classify(url)).generation === 2);
    expect(await classify(url)).toMatchObject({ version: 2, classes: [{ label: 'green' }, {}, {}] });
    // Older ones, those of another epoch, and other models change nothing.
    news(1, one, two);
    news(9, one, two, 2);
    fixture.registry.tell('deployment', deploymentOf({ model: 'strange', generation: 1, target: one }));
    news(3, one, two);
    await eventually(async () => (await classify(url)).generation === 3);
    deploy(3, one, two);
    fixture.registry.away = false;
    fixture.registry.tell('deployment');
    await eventually(() => servesGeneration(3));
    expect(fixture.registry.reports.some(({ serving }) => serving.some(({ epoch }) => epoch !== 1))).toBe(false);
  });

  it('leaves a model with a trial beside it to the next answer', async () => {
    const beside = (generation: number): void =>
      fixture.registry.desire({
        deployments: [
          deploymentOf({ model: 'colours', generation, target: one, previous: two }),
          deploymentOf({
            ...{ model: 'colours', generation, target: two, role: 'canary', percent: 50 },
            trialId: '0190c5a2-0000-7000-8000-000000000001',
          }),
        ],
      });
    beside(2);
    const { url } = await fixture.start();
    await eventually(() => servesGeneration(2));
    fixture.registry.away = true;
    fixture.registry.tell('deployment', deploymentOf({ model: 'colours', generation: 3, target: two, previous: one }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await classify(url)).generation).toBe(2);
    fixture.registry.away = false;
    deploy(3, two, one);
    fixture.registry.tell('deployment');
    await eventually(() => servesGeneration(3));
  });

  it('never goes to an older generation or epoch', async () => {
    deploy(5, one, two);
    const { url } = await fixture.start();
    await eventually(() => servesGeneration(5));
    /** Told twice: a second report shows that the answer to the first was acted on. */
    const toldTwice = async (): Promise<void> => {
      for (let time = 0; time < 2; time += 1) {
        const before = fixture.registry.reports.length;
        fixture.registry.tell('deployment');
        await eventually(() => fixture.registry.reports.length > before);
      }
    };
    await eventually(async () => (await fetch(`${url}/v2/models/colours/versions/2`)).ok);
    deploy(4, two, one);
    await toldTwice();
    expect(await classify(url)).toMatchObject({ version: 1, generation: 5 });
    // A restored database counts anew, in a new epoch.
    deploy(1, two, one, 2);
    fixture.registry.tell('deployment');
    await eventually(() => servesGeneration(1));
    expect(await classify(url)).toMatchObject({ version: 2, generation: 1 });
    deploy(9, one, two, 1);
    await toldTwice();
    expect(await classify(url)).toMatchObject({ version: 2, generation: 1 });
  });

  it('serves no more what a new epoch does not know, and goes on with it while the epoch is the same', async () => {
    deploy(5, one);
    const { url } = await fixture.start();
    await eventually(() => servesGeneration(5));
    const nothing = (epoch: number): void => {
      fixture.registry.desire({ epoch, deployments: [], preparations: [] });
      fixture.registry.tell('deployment');
    };
    const before = fixture.registry.reports.length;
    nothing(1);
    await eventually(() => fixture.registry.reports.length > before + 1);
    expect((await classify(url)).version).toBe(1);
    nothing(2);
    await eventually(() => fixture.registry.reports.at(-1)?.serving.length === 0);
    expect((await fetch(`${url}/v2/models/colours`)).status).toBe(404);
    // Promoted again, it is served again.
    deploy(1, two, null, 2);
    fixture.registry.tell('deployment');
    await eventually(() => servesGeneration(1));
    expect((await classify(url)).version).toBe(2);
  });

  it('swaps between two variants of one version, and tells which one answers', async () => {
    const made = await createTinyVersion({ turn: 1 });
    const int8 = await fixture.publish({ model: 'colours', version: 1, variant: 'int8', made });
    deploy(2, int8, one);
    const { url } = await fixture.start();
    const metadata = async (): Promise<unknown> => (await fetch(`${url}/v2/models/colours/versions/1`)).json();
    const index = async (): Promise<unknown> => (await fetch(`${url}/v2/repository/index`, { method: 'POST' })).json();
    await eventually(async () => ((await index()) as unknown[]).length === 2);
    expect(await classify(url)).toMatchObject({ version: 1, classes: [{ label: 'green' }, {}, {}] });
    expect(await metadata()).toMatchObject({ versions: ['1'], properties: { variant: 'int8' } });
    expect(await index()).toEqual([
      { name: 'colours', version: '1', state: 'READY', reason: '' },
      {
        name: 'colours',
        version: '1',
        state: 'READY',
        reason: 'its variant fp32, which answered before, kept loaded',
      },
    ]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/graft_serving_queue_depth\{.*version="1",variant="int8".*\} 0/);
    expect(metrics).toMatch(/graft_serving_queue_depth\{.*version="1",variant="fp32".*\} 0/);

    deploy(3, one, int8);
    fixture.registry.tell('deployment');
    await eventually(() => servesGeneration(3));
    expect(await classify(url)).toMatchObject({ version: 1, classes: [{ label: 'red' }, {}, {}] });
    expect(await metadata()).toMatchObject({ properties: { variant: 'fp32' } });
    expect(fixture.registry.reports.at(-1)?.serving[0]).toMatchObject({ artifactDigest: one.artifactDigest });
  });

  it('keeps the old version when the new one is damaged, says so, and takes it once it is whole', async () => {
    deploy(1, one);
    const { url } = await fixture.start();
    await eventually(() => servesGeneration(1));
    const key = contentKey(two.artifactDigest);
    const whole = await fixture.objects.get(key);
    await fixture.objects.put(key, Uint8Array.of(1, 2, 3));
    deploy(2, two, one);
    fixture.registry.tell('deployment');
    await eventually(() => fixture.registry.reports.at(-1)?.problems.length === 1);
    expect(fixture.registry.reports.at(-1)?.problems[0]?.message).toContain(two.artifactDigest);
    expect(await classify(url)).toMatchObject({ version: 1, generation: 1 });
    await fixture.objects.put(key, whole?.bytes ?? new Uint8Array());
    await eventually(() => servesGeneration(2));
    expect(fixture.registry.reports.at(-1)?.problems).toEqual([]);
  });

  it('refuses to prepare a model that does not answer as its golden outputs say', async () => {
    const made = await createTinyVersion({ turn: 0 });
    const other = await createTinyVersion({ turn: 2 });
    const lying = { ...other, golden: made.golden };
    const three = await fixture.publish({ model: 'colours', version: 3, made: lying });
    const document = new TextEncoder().encode(JSON.stringify({ ...made.golden, artifactDigest: other.artifactDigest }));
    const goldenDigest = await fixture.blobs.put(document);
    deploy(1, one);
    const { url } = await fixture.start();
    await eventually(() => servesGeneration(1));
    fixture.registry.desire({
      preparations: [preparationOf({ promotionId: 'p2', model: 'colours', target: { ...three, goldenDigest } })],
    });
    fixture.registry.tell('preparation');
    await eventually(() => fixture.registry.reports.at(-1)?.prepared.length === 1);
    const [prepared] = fixture.registry.reports.at(-1)?.prepared ?? [];
    expect(prepared).toMatchObject({ promotionId: 'p2', ok: false });
    expect(prepared?.error).toMatch(/golden image [0-9a-f]{64}: probabilities differ by .*allowed are 0.00001/);
    expect((await classify(url)).version).toBe(1);
  });

  it('serves a version one of whose golden images was erased since, on the word of the others', async () => {
    const digest = digestOfBytes(GREEN);
    await eraseObject(fixture.objects, {
      ...{ schemaVersion: 'erased.v1', digest, reason: 'the person asked', by: 'kim', at: '2026-11-26T09:00:00.000Z' },
    });
    deploy(1, one);
    const { url } = await fixture.start();
    await eventually(() => servesGeneration(1));
    expect((await classify(url)).version).toBe(1);
    // What is missing otherwise is no reason to look away.
    const three = await fixture.publish({ model: 'colours', version: 3 });
    await fixture.objects.remove(contentKey(digestOfBytes(RED)));
    await rm(join(fixture.cacheFolder, contentKey(digestOfBytes(RED))), { force: true });
    fixture.registry.desire({ preparations: [preparationOf({ promotionId: 'p3', model: 'colours', target: three })] });
    fixture.registry.tell('preparation');
    await eventually(() => fixture.registry.reports.at(-1)?.prepared.length === 1);
    expect(fixture.registry.reports.at(-1)?.prepared[0]).toMatchObject({ promotionId: 'p3', ok: false });
  });

  it('serves a model that was renamed under its new name alone, and what the ledger has merely lost as before', async () => {
    const modelId = '0190c5a2-0000-7000-8000-000000000001';
    const renamed = await fixture.publish({ model: 'colors', version: 1 });
    const statusOf = async (model: string): Promise<number> => (await fetch(`${url}/v2/models/${model}`)).status;
    fixture.registry.desire({ deployments: [deploymentOf({ model: 'colours', modelId, generation: 1, target: one })] });
    const { url } = await fixture.start({ leaseSeconds: 1 });
    await eventually(() => servesGeneration(1));
    fixture.registry.desire({ deployments: [] });
    fixture.registry.tell('deployment');
    const reports = fixture.registry.reports.length;
    await eventually(() => fixture.registry.reports.length > reports + 1);
    expect(await statusOf('colours')).toBe(200);
    fixture.registry.desire({
      deployments: [deploymentOf({ model: 'colors', modelId, generation: 1, target: renamed })],
    });
    fixture.registry.tell('deployment');
    await eventually(async () => (await statusOf('colors')) === 200);
    expect(await statusOf('colours')).toBe(404);
    await eventually(
      () =>
        fixture.registry.reports
          .at(-1)
          ?.serving.map(({ model }) => model)
          .join() === 'colors',
    );
  });

  it('starts from what it last knew when registry and bucket are away, and says when it ends', async () => {
    deploy(1, one, two);
    const first = await fixture.start();
    await eventually(() => servesGeneration(1));
    await eventually(async () => (await fetch(`${first.url}/v2/models/colours/versions/2`)).ok);
    await first.close();
    expect(fixture.registry.removed).toHaveLength(1);

    fixture.registry.away = true;
    const stranger = await fixture.start({ token: 'of-another-installation' });
    const blobs = { get: async () => Promise.reject(new Error('the bucket is away')) };
    const second = await fixture.start({ blobs });
    expect(await isReady(second.url)).toBe(false);
    await eventually(() => isReady(second.url));
    expect(await classify(second.url, GREEN)).toMatchObject({
      version: 1,
      generation: 1,
      classes: [{ label: 'green' }, {}, {}],
    });

    // Another installation's state is none of its business.
    expect(
      (
        await fetch(`${stranger.url}/v1/models/colours:classify`, {
          method: 'POST',
          body: RED,
          headers: { 'content-type': 'image/png' },
        })
      ).status,
    ).toBe(404);
    await stranger.close();

    fixture.registry.away = false;
    deploy(2, two, one);
    fixture.registry.tell('deployment');
    await eventually(() => servesGeneration(2));
    expect((await classify(second.url)).version).toBe(2);
  });
});

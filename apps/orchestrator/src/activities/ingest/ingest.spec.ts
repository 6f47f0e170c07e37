import { describe, expect, it } from '@jest/globals';
import { readDocument } from '@graft/artifacts';
import {
  landingChunkSchema,
  quarantineSchema,
  type IngestDatasetResult,
  type IngestPlan,
  type Quarantine,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import sharp from 'sharp';
import { createWorld, noisePng, testScope, type World } from '../../testing/activity-world.js';
import { createIngestActivities } from './create-ingest-activities.js';

const DATASET = 'flowers';

const land = async (
  world: World,
  images: Record<string, Uint8Array>,
  metadata: Record<string, string> = {},
): Promise<void> => {
  for (const [key, bytes] of Object.entries(images)) await world.landing.put(`${DATASET}/${key}`, bytes, { metadata });
};

const plan = (world: World): Promise<IngestPlan> => createIngestActivities(world).planIngest({ dataset: DATASET });

const ingest = async (
  world: World,
  planned?: IngestPlan,
  { planIngest, inspectChunk, completeIngest } = createIngestActivities(world),
): Promise<IngestDatasetResult & { plan: IngestPlan }> => {
  const made = planned ?? (await planIngest({ dataset: DATASET }));
  const inspected = [];
  for (const chunk of made.chunks) inspected.push(await inspectChunk({ dataset: DATASET, chunk }));
  return { ...(await completeIngest({ dataset: DATASET, plan: made, inspected })), plan: made };
};

const quarantineOf = async (world: World): Promise<Quarantine['entries']> => {
  const [latest] = await world.registry.listDatasetVersions(DATASET);
  return latest?.quarantine ? (await readDocument(world.blobs, quarantineSchema, latest.quarantine)).entries : [];
};

const worldWith = async (images: Record<string, Uint8Array>): Promise<World> => {
  const world = createWorld();
  await world.registry.putDataset(DATASET, {});
  await land(world, images);
  return world;
};

const noise = async (from: number, to: number, label: string): Promise<Record<string, Uint8Array>> => {
  const entries: [string, Uint8Array][] = [];
  for (let seed = from; seed < to; seed += 1) entries.push([`${label}/${seed}.png`, await noisePng(seed)]);
  return Object.fromEntries(entries);
};

describe('planIngest', () => {
  it.each([
    { landed: 2, sizes: [2] },
    { landed: 300, sizes: [150, 150] },
    { landed: 601, sizes: [256, 173, 172] },
  ])(
    'lists $landed objects that landed in chunks of $sizes, and nothing of other datasets',
    async ({ landed, sizes }) => {
      const world = await worldWith({});
      for (let i = 0; i < landed; i += 1) await world.landing.put(`${DATASET}/rose/${i}.png`, Uint8Array.of(i % 256));
      await world.landing.put(`${DATASET}-old/rose/1.png`, Uint8Array.of(1));
      const { parent, objects, chunks } = await plan(world);
      expect({ parent, objects }).toEqual({ parent: null, objects: landed });
      const documents = await Promise.all(chunks.map((id) => readDocument(world.blobs, landingChunkSchema, id)));
      expect(documents.map((one) => one.objects.length)).toEqual(sizes);
      expect(new Set(documents.flatMap((one) => one.objects.map(({ key }) => key))).size).toBe(landed);
    },
  );

  it('refuses a dataset that the registry does not have', async () => {
    await expect(plan(createWorld())).rejects.toMatchObject({ code: 'not_found' });
  });

  it('stops when it was cancelled', async () => {
    const world = await worldWith(await noise(0, 1, 'rose'));
    const { planIngest } = createIngestActivities({ ...world, scope: () => testScope(AbortSignal.abort()) });
    await expect(planIngest({ dataset: DATASET })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('ingestion', () => {
  it('makes a version of sound images, keeps their bytes, and looks at each object once', async () => {
    const world = await worldWith({ ...(await noise(0, 8, 'rose')), ...(await noise(8, 16, 'tulip')) });
    const first = await ingest(world);
    expect(first).toMatchObject({ newImages: 16, quarantined: 0 });
    const { root, images } = await readDatasetVersion(world.blobs, first.datasetVersion ?? '');
    expect(root).toMatchObject({ dataset: DATASET, labels: ['rose', 'tulip'], images: 16, bySource: { landing: 16 } });
    for (const { sha256 } of images) expect(await world.blobs.has(sha256)).toBe(true);
    expect(await plan(world)).toMatchObject({ parent: first.datasetVersion, chunks: [], objects: 0 });
  });

  it('grows the version by what is new alone, with the metadata that came with it', async () => {
    const world = await worldWith({ ...(await noise(0, 6, 'rose')), ...(await noise(6, 12, 'tulip')) });
    const first = await ingest(world);
    await land(world, await noise(20, 23, 'rose'), { source: 'camera-2', group: 'visit-7' });
    const second = await ingest(world);
    expect(second.plan).toMatchObject({ parent: first.datasetVersion, objects: 3 });
    expect(second.newImages).toBe(3);
    const { root, images } = await readDatasetVersion(world.blobs, second.datasetVersion ?? '');
    expect(root.bySource).toEqual({ landing: 12, 'camera-2': 3 });
    expect(new Set(images.filter(({ group }) => group === 'visit-7').map(({ split }) => split)).size).toBe(1);
    expect((await world.registry.listDatasetVersions(DATASET)).map(({ number, parent }) => [number, parent])).toEqual([
      [2, first.datasetVersion],
      [1, null],
    ]);
  });

  it('makes the same versions in a worker that goes on as in workers that begin anew', async () => {
    const landings = [
      { ...(await noise(0, 20, 'rose')), ...(await noise(20, 40, 'tulip')) },
      { ...(await noise(40, 43, 'rose')), ...(await noise(0, 2, 'tulip')) },
      { ...(await noise(60, 62, 'daisy')), ...(await noise(5, 6, 'rose')) },
    ];
    const [lasting, renewed] = [await worldWith({}), await worldWith({})];
    const worker = createIngestActivities(lasting);
    for (const landing of landings) {
      await Promise.all([lasting, renewed].map((world) => land(world, landing)));
      const { datasetVersion } = await ingest(lasting, undefined, worker);
      expect(datasetVersion).toBe((await ingest(renewed)).datasetVersion);
      expect(datasetVersion).not.toBeNull();
    }
  });

  it('sets aside what is no fit image, each with its reason, and goes on', async () => {
    const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
    const huge = await sharp({ create: { width: 12_000, height: 9_000, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const whole = await noisePng(99);
    const world = await worldWith({
      ...(await noise(0, 6, 'rose')),
      'rose/text.jpg': new TextEncoder().encode('not an image at all'),
      'rose/moving.gif': gif,
      'rose/huge.png': huge,
      'rose/cut.png': whole.subarray(0, whole.length / 2),
      'rose/nothing.png': new Uint8Array(),
      'loose.png': await noisePng(98),
    });
    // What consoles leave as an empty folder, and a key that only some stores take: listed, though no memory store holds them.
    const landing = {
      ...world.landing,
      async *list(prefix: string) {
        yield* world.landing.list(prefix);
        const marker = { etag: 'e', sizeBytes: 0, lastModified: new Date() };
        yield { ...marker, key: `${DATASET}/tulip/` };
        yield { ...marker, key: `${DATASET}/tulip/..`, sizeBytes: 9 };
      },
    };
    const { newImages, quarantined } = await ingest({ ...world, landing });
    expect({ newImages, quarantined }).toEqual({ newImages: 6, quarantined: 8 });
    expect(Object.fromEntries((await quarantineOf(world)).map(({ key, reason }) => [key, reason]))).toEqual({
      'flowers/loose.png': 'unexpected_key',
      'flowers/rose/cut.png': 'broken_image',
      'flowers/rose/huge.png': 'too_many_pixels',
      'flowers/rose/moving.gif': 'unsupported_format',
      'flowers/rose/nothing.png': 'empty_file',
      'flowers/rose/text.jpg': 'not_an_image',
      'flowers/tulip/': 'unexpected_key',
      'flowers/tulip/..': 'unexpected_key',
    });
  });

  it('reads nothing of an object that is too large', async () => {
    const world = await worldWith({ 'rose/large.png': await noisePng(1, 64) });
    const read: string[] = [];
    const landing = { ...world.landing, get: (key: string) => (read.push(key), world.landing.get(key)) };
    const { quarantined } = await ingest({ ...world, landing, imageLimits: { maxBytes: 100 } } as World);
    expect({ quarantined, read }).toEqual({ quarantined: 1, read: [] });
  });

  it('remembers what it looked at without a version of it, and tells of it with the next', async () => {
    const world = await worldWith({ 'rose/text.jpg': new TextEncoder().encode('no') });
    expect(await ingest(world)).toMatchObject({ datasetVersion: null, newImages: 0, quarantined: 1 });
    expect((await plan(world)).chunks).toEqual([]);

    await land(world, { ...(await noise(0, 6, 'rose')), ...(await noise(6, 12, 'tulip')) });
    const first = await ingest(world);
    expect(await quarantineOf(world)).toMatchObject([{ key: 'flowers/rose/text.jpg', reason: 'not_an_image' }]);

    // The same bytes under another key: a duplicate, which makes no version either.
    await land(world, { 'rose/again.png': await noisePng(0), 'rose/worse.jpg': new TextEncoder().encode('no more') });
    expect(await ingest(world)).toMatchObject({ datasetVersion: null, quarantined: 1 });
    expect(await plan(world)).toMatchObject({ parent: first.datasetVersion, chunks: [] });

    await land(world, { 'rose/text.jpg': await noisePng(50) });
    expect(await ingest(world)).toMatchObject({ newImages: 1, quarantined: 0 });
    expect(await quarantineOf(world)).toMatchObject([{ key: 'flowers/rose/worse.jpg' }]);
    expect((await plan(world)).chunks).toEqual([]);
    const tails = [];
    for await (const { key } of world.objects.list('landing-logs/')) tails.push(key);
    expect(tails).toEqual([]);
  });

  it('makes the same version when it is done twice, and conflicts when another came in between', async () => {
    const world = await worldWith({ ...(await noise(0, 6, 'rose')), ...(await noise(6, 12, 'tulip')) });
    const stale = await plan(world);
    const once = await ingest(world, stale);
    const twice = await ingest(world, stale);
    expect(twice.datasetVersion).toBe(once.datasetVersion);
    await land(world, await noise(30, 31, 'rose'));
    const late = await plan(world);
    await land(world, await noise(31, 32, 'rose'));
    await ingest(world);
    await expect(ingest(world, late)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('leaves out an object that vanished since the listing, and fails as a whole when the store is away', async () => {
    const world = await worldWith({ ...(await noise(0, 6, 'rose')), ...(await noise(6, 12, 'tulip')) });
    const planned = await plan(world);
    await world.landing.remove(`${DATASET}/rose/0.png`);
    expect(await ingest(world, planned)).toMatchObject({ newImages: 11, quarantined: 0 });
    const away = { ...world.landing, get: () => Promise.reject(new Error('socket hang up')) };
    await land(world, await noise(40, 41, 'rose'));
    await expect(ingest({ ...world, landing: away })).rejects.toThrow('socket hang up');
  });
});

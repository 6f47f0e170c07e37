/** Corrections through the activities of an ingestion: what people decide makes a version, with a landing or without one. */
import { describe, expect, it } from '@jest/globals';
import { readDocument } from '@graft/artifacts';
import {
  quarantineSchema,
  type CorrectionAction,
  type DatasetVersion,
  type IngestPlan,
  type ManifestImage,
  type QuarantineEntry,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import sharp from 'sharp';
import { createWorld, noisePng, type World } from '../../testing/activity-world.js';
import { createIngestActivities } from './create-ingest-activities.js';

const DATASET = 'flowers';

const land = async (world: World, images: Record<string, Uint8Array>): Promise<void> => {
  for (const [key, bytes] of Object.entries(images)) await world.landing.put(`${DATASET}/${key}`, bytes);
};

const complete = async (world: World, plan: IngestPlan) => {
  const { inspectChunk, completeIngest } = createIngestActivities(world);
  const inspected = await Promise.all(plan.chunks.map((chunk) => inspectChunk({ dataset: DATASET, chunk })));
  return completeIngest({ dataset: DATASET, plan, inspected });
};

const planned = (world: World): Promise<IngestPlan> => createIngestActivities(world).planIngest({ dataset: DATASET });

interface Made extends DatasetVersion {
  readonly held: readonly ManifestImage[];
  readonly entries: readonly QuarantineEntry[];
}

/** Ingests, and reads back the version that it made. */
const ingest = async (world: World): Promise<Made> => {
  const { datasetVersion } = await complete(world, await planned(world));
  if (datasetVersion === null) throw new Error('no version was made');
  const version = await world.registry.getDatasetVersion(datasetVersion);
  const { images } = await readDatasetVersion(world.blobs, datasetVersion);
  const quarantine =
    version.quarantine === null ? [] : (await readDocument(world.blobs, quarantineSchema, version.quarantine)).entries;
  return { ...version, held: images, entries: quarantine };
};

const correct = (world: World, ...actions: CorrectionAction[]) =>
  world.registry.createCorrection(DATASET, { reason: 'a person looked', actions });

const noise = async (from: number, to: number, label: string): Promise<Record<string, Uint8Array>> => {
  const entries = Array.from({ length: to - from }, async (_, i): Promise<[string, Uint8Array]> => {
    const seed = from + i;
    return [`${label}/${seed}.png`, await noisePng(seed)];
  });
  return Object.fromEntries(await Promise.all(entries));
};

/** A picture as a camera makes it: smooth, and told apart by its shapes. */
const photo = async (seed: number): Promise<Buffer> =>
  sharp(await noisePng(seed, 6))
    .resize(256, 192, { fit: 'fill', kernel: 'cubic' })
    .jpeg({ quality: 90 })
    .toBuffer();

const photos = async (from: number, to: number, label: string): Promise<Record<string, Uint8Array>> => {
  const seeds = Array.from({ length: to - from }, (_, i) => from + i);
  return Object.fromEntries(await Promise.all(seeds.map(async (seed) => [`${label}/${seed}.jpg`, await photo(seed)])));
};

const twelve = async (): Promise<World> => {
  const world = createWorld();
  await world.registry.putDataset(DATASET, {});
  await land(world, { ...(await noise(0, 6, 'rose')), ...(await noise(6, 12, 'tulip')) });
  return world;
};

describe('corrections', () => {
  it('make a version of their own, once, and say what changed', async () => {
    const world = await twelve();
    const first = await ingest(world);
    const test = first.held.find(({ split }) => split === 'test')?.key ?? '';
    const train = first.held.filter(({ split }) => split === 'train').map(({ key }) => key);
    await correct(world, { action: 'remove', images: [test] });
    await correct(world, { action: 'relabel', images: train.slice(0, 2), label: 'orchid' });
    const plan = await planned(world);
    expect(plan).toMatchObject({ chunks: [], objects: 0, corrections: 2 });
    const once = await complete(world, plan);
    expect(await complete(world, plan)).toEqual(once);
    const second = await world.registry.getDatasetVersion(once.datasetVersion ?? '');
    expect(second).toMatchObject({
      number: 2,
      images: 11,
      newImages: 0,
      corrections: 2,
      removed: 1,
      removedFromTest: 1,
      relabelled: 2,
      labels: ['rose', 'tulip', 'orchid'],
    });
    expect(await planned(world)).toMatchObject({ chunks: [], corrections: 0 });
  });

  it('come before what landed with them, and only as many as were there when it was planned', async () => {
    const world = await twelve();
    await ingest(world);
    await correct(world, { action: 'rename', from: 'rose', to: 'rosa' });
    await land(world, await noise(12, 14, 'rose'));
    const plan = await planned(world);
    await correct(world, { action: 'rename', from: 'tulip', to: 'tulipa' });
    const { datasetVersion } = await complete(world, plan);
    const second = await world.registry.getDatasetVersion(datasetVersion ?? '');
    expect(second).toMatchObject({ labels: ['rosa', 'tulip'], newImages: 2, images: 14, corrections: 1 });
    expect(await ingest(world)).toMatchObject({ labels: ['rosa', 'tulipa'], newImages: 0, corrections: 2 });
  });

  it('that undo a version end in its images under another id, and what it brought stays out', async () => {
    const world = await twelve();
    const first = await ingest(world);
    await land(world, { ...(await noise(20, 24, 'rose')), 'tulip/0.png': await noisePng(0) });
    const bad = await ingest(world);
    expect(bad).toMatchObject({ newImages: 4, removed: 1 });
    await correct(world, { action: 'revert', version: 2 });
    const third = await ingest(world);
    expect(third.held).toEqual(first.held);
    expect(third.id).not.toBe(first.id);
    expect(third).toMatchObject({ number: 3, removed: 4, newImages: 1, quarantined: 0 });
    await land(world, { 'rose/again.png': await noisePng(20), 'rose/30.png': await noisePng(30) });
    expect((await ingest(world)).entries).toMatchObject([{ key: 'flowers/rose/again.png', reason: 'taken_out' }]);
  });

  it('take in what the quarantine holds, also of ingestions that made no version', async () => {
    const world = await twelve();
    await ingest(world);
    await land(world, { 'Rose/40.png': await noisePng(40) });
    expect(await complete(world, await planned(world))).toMatchObject({ datasetVersion: null, quarantined: 1 });
    await correct(world, { action: 'relabel', images: ['flowers/Rose/40.png'], label: 'rose' });
    const second = await ingest(world);
    expect(second).toMatchObject({ newImages: 1, quarantined: 0, labels: ['rose', 'tulip'] });
    expect(second.held.find(({ key }) => key === 'flowers/Rose/40.png')).toMatchObject({
      label: 'rose',
      correction: 1,
    });
  });
});

describe('versions', () => {
  it('that hold what an earlier one held have an id of their own', async () => {
    const world = await twelve();
    const first = await ingest(world);
    await land(world, { 'rose/50.png': await noisePng(50) });
    await ingest(world);
    // A contradiction takes the new image out again: what is left is what the first version held.
    await land(world, { 'tulip/50.png': await noisePng(50) });
    const plan = await planned(world);
    const once = await complete(world, plan);
    expect(await complete(world, plan)).toEqual(once);
    const third = await world.registry.getDatasetVersion(once.datasetVersion ?? '');
    expect(third).toMatchObject({ number: 3, images: first.images, removed: 1 });
    expect(third.id).not.toBe(first.id);
    // And one that changes nothing makes no version after it either.
    await land(world, { 'rose/copy.png': await noisePng(1) });
    expect(await complete(world, await planned(world))).toMatchObject({ datasetVersion: null });
  });

  it('show what the joining left out, and count what would train on tested images', async () => {
    const world = createWorld();
    await world.registry.putDataset(DATASET, {});
    await land(world, { ...(await photos(0, 6, 'rose')), ...(await photos(6, 12, 'tulip')) });
    const first = await ingest(world);
    const tested = first.held.find(({ split }) => split === 'test');
    const picture = (await world.landing.get(tested?.key ?? ''))?.bytes ?? new Uint8Array();
    const smaller = await sharp(picture).resize(96).webp({ quality: 75 }).toBuffer();
    await land(world, { [`train/${tested?.label}/small.webp`]: smaller, 'rose/60.png': await noisePng(60) });
    const second = await ingest(world);
    expect(second).toMatchObject({ leaks: 1, newImages: 1 });
    const [entry] = second.entries;
    expect(entry).toMatchObject({
      reason: 'leaks_into_test',
      image: { key: `flowers/train/${tested?.label}/small.webp` },
    });
    const thumbnail = await sharp(await world.blobs.get(entry?.thumbnail ?? '')).metadata();
    expect(thumbnail).toMatchObject({ format: 'webp', width: 96 });
    await correct(world, { action: 'dismiss', keys: [entry?.key ?? ''] });
    expect(await ingest(world)).toMatchObject({ leaks: 0, quarantined: 0, images: 13 });
  });

  it('count no leak where the policy only leaves it out', async () => {
    const world = await twelve();
    await world.registry.putDataset(DATASET, { onLeakage: 'leave_out' });
    const first = await ingest(world);
    const tested = first.held.find(({ split }) => split === 'test');
    const bytes = (await world.landing.get(tested?.key ?? ''))?.bytes ?? new Uint8Array();
    await land(world, { [`train/${tested?.label}/same.png`]: bytes, 'rose/60.png': await noisePng(60) });
    expect(await ingest(world)).toMatchObject({ leaks: 0, quarantined: 1 });
  });
});

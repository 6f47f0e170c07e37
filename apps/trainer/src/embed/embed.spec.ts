import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { contentKey, readDocument } from '@graft/artifacts';
import { embedderSchema, type Digest, type ManifestImage, type TrainingPlan } from '@graft/contracts';
import { findArchitecture, findBackbone, readSafetensors, resolveWeights } from '@graft/models';
import { graftPaths } from '@graft/platform';
import { createFixture, RUN_ID, type Fixture } from '../testing/fixture.js';
import { createSyntheticDataset } from '../testing/synthetic-images.js';
import { HEAD_PLAN, PARTIAL_PLAN, writePlan } from '../testing/training-plan.js';

const shardsOf = async ({ objects }: Fixture): Promise<string[]> => {
  const keys: string[] = [];
  // Beside them lies what says whose they are.
  for await (const { key } of objects.list('activations/')) if (key.endsWith('.safetensors')) keys.push(key);
  return keys;
};

/** @param datasetVersion of images that calibrate; an embedder in float32 needs none. */
const prepare = async (
  fixture: Fixture,
  plan: TrainingPlan = HEAD_PLAN,
  datasetVersion: Digest = '0'.repeat(64),
): Promise<{ embedder: Digest }> =>
  fixture
    .activities()
    .embed.prepareEmbedder({ runId: RUN_ID, plan: await writePlan(fixture.blobs, plan), datasetVersion });

const embedAll = async (
  fixture: Fixture,
  { embedder, datasetVersion }: { embedder: Digest; datasetVersion: Digest },
): Promise<{ missing: number; reused: number }> => {
  const { embed } = fixture.activities();
  const plan = await embed.planEmbedding({ runId: RUN_ID, embedder, datasetVersion });
  for (const chunk of plan.chunks) await embed.embedChunk({ runId: RUN_ID, embedder, chunk });
  return plan;
};

describe('embedding with real weights', () => {
  let fixture: Fixture;
  let embedder: Digest;
  let images: ManifestImage[];
  let datasetVersion: Digest;

  beforeAll(async () => {
    fixture = createFixture();
    ({ embedder } = await prepare(fixture));
    images = await createSyntheticDataset({ blobs: fixture.blobs, perSplit: { train: 3, val: 1, test: 1 } });
    datasetVersion = await fixture.datasetVersion(images);
    await embedAll(fixture, { embedder, datasetVersion });
  });

  it('makes the same embedder again from the same weights', async () => {
    const again = createFixture();
    const { embedder: second } = await prepare(again);
    expect(second).toBe(embedder);
    const document = await readDocument(again.blobs, embedderSchema, second);
    expect(document).toMatchObject({ backbone: 'efficientnet_lite0.in1k', featureLength: 1280 });
    expect(await again.blobs.has(document.onnxDigest)).toBe(true);
  });

  it('takes weights from any bucket of its endpoint', async () => {
    const { weights, weightsDigest } = findBackbone('efficientnet_lite0');
    const { path } = await resolveWeights(weights, {
      cacheDir: graftPaths().cacheDir,
      expectedDigest: weightsDigest,
    });
    const cacheDir = await mkdtemp(join(tmpdir(), 'graft-trainer-'));
    try {
      const other = createFixture({ cacheDir });
      await other.bucket('domain-weights').put('nets/lite0.pth', await readFile(path));
      const prepareFrom = (key: string) => prepare(other, { ...HEAD_PLAN, weights: `s3://domain-weights/${key}` });
      expect((await prepareFrom('nets/lite0.pth')).embedder).toBe(embedder);
      await expect(prepareFrom('nets/none.pth')).rejects.toMatchObject({ code: 'not_found' });
    } finally {
      await rm(cacheDir, { recursive: true });
    }
  });

  it('counts what it embeds and what it reuses, and tells the stage with its facts', async () => {
    expect(fixture.registry.run()).toMatchObject({ embedded: images.length, reused: 0 });
    const kinds = fixture.registry.events.filter(({ stage }) => stage === 'embed').map(({ kind }) => kind);
    expect(kinds[0]).toBe('started');
    expect(kinds.filter((kind) => kind === 'finished')).toHaveLength(1);
    const finished = fixture.registry.events.find(({ stage, kind }) => stage === 'embed' && kind === 'finished');
    expect(finished).toMatchObject({ data: { embedded: images.length, reused: 0 } });
    expect(finished?.seconds).toBeGreaterThan(0);
    expect(fixture.heartbeats()).toBeGreaterThan(0);
  });

  it('embeds exactly the new images of a grown dataset', async () => {
    const later = createFixture();
    const first = await createSyntheticDataset({ blobs: later.blobs, perSplit: { train: 2, val: 0, test: 0 } });
    const more = await createSyntheticDataset({
      blobs: later.blobs,
      perSplit: { train: 1, val: 0, test: 0 },
      firstSeed: 50,
    });
    const prepared = await prepare(later);
    const before = await later.datasetVersion(first);
    const after = await later.datasetVersion([...first, ...more]);
    expect(await embedAll(later, { ...prepared, datasetVersion: before })).toMatchObject({ missing: 6, reused: 0 });
    expect(await embedAll(later, { ...prepared, datasetVersion: after })).toMatchObject({ missing: 3, reused: 6 });
    expect(await embedAll(later, { ...prepared, datasetVersion: after })).toMatchObject({ missing: 0, reused: 9 });
    // The first plan of a run says it; a plan that is made again after a crash doesn't unsay it.
    expect(later.registry.run()).toMatchObject({ embedded: 6, reused: 0 });
  });

  it('makes the same shard when a chunk runs twice, and in another worker', async () => {
    const shards = await shardsOf(fixture);
    const again = createFixture();
    await createSyntheticDataset({ blobs: again.blobs, perSplit: { train: 3, val: 1, test: 1 } });
    const prepared = await prepare(again);
    const version = await again.datasetVersion(images);
    const plan = await again.activities().embed.planEmbedding({ runId: RUN_ID, ...prepared, datasetVersion: version });
    const [chunk] = plan.chunks;
    const input = { runId: RUN_ID, ...prepared, chunk: chunk ?? '' };
    await again.activities().embed.embedChunk(input);
    await again.activities().embed.embedChunk(input);
    expect(await shardsOf(again)).toEqual(shards);
  });

  it('computes the images of a corrupt shard again, and only those', async () => {
    const [shard] = await shardsOf(fixture);
    await fixture.objects.put(shard ?? '', new TextEncoder().encode('flipped bits'));
    const worker = createFixture();
    for await (const { key } of fixture.objects.list('')) {
      const stored = await fixture.objects.get(key);
      if (stored) await worker.objects.put(key, stored.bytes);
    }
    const plan = await embedAll(worker, { embedder, datasetVersion });
    expect(plan).toMatchObject({ missing: images.length, reused: 0 });
    expect(await embedAll(worker, { embedder, datasetVersion })).toMatchObject({ missing: 0 });
  });

  it('names the image whose bytes are gone', async () => {
    const broken = createFixture();
    const [lost, ...others] = await createSyntheticDataset({
      blobs: broken.blobs,
      perSplit: { train: 1, val: 0, test: 0 },
    });
    await broken.objects.remove(contentKey(lost?.sha256 ?? ''));
    const prepared = await prepare(broken);
    const version = await broken.datasetVersion([...(lost ? [lost] : []), ...others]);
    await expect(embedAll(broken, { ...prepared, datasetVersion: version })).rejects.toMatchObject({
      code: 'not_found',
      details: { image: lost?.sha256 },
    });
  });

  it('stops when it is cancelled, and leaves no shard', async () => {
    const cancelled = createFixture();
    const few = await createSyntheticDataset({ blobs: cancelled.blobs, perSplit: { train: 2, val: 0, test: 0 } });
    const prepared = await prepare(cancelled);
    const version = await cancelled.datasetVersion(few);
    const plan = await cancelled
      .activities()
      .embed.planEmbedding({ runId: RUN_ID, ...prepared, datasetVersion: version });
    const controller = new AbortController();
    const { embed } = cancelled.activities({ signal: controller.signal });
    const running = embed.embedChunk({ runId: RUN_ID, ...prepared, chunk: plan.chunks[0] ?? '' });
    controller.abort(new Error('asked to stop'));
    await expect(running).rejects.toThrow('asked to stop');
    expect(await shardsOf(cancelled)).toEqual([]);
  });
});

describe('embedding maps', () => {
  const embedderOf = async (fixture: Fixture, plan: TrainingPlan) => {
    const { embedder } = await prepare(fixture, plan);
    return { embedder, document: await readDocument(fixture.blobs, embedderSchema, embedder) };
  };

  it('cuts the network where the plan says, and keeps what is there as float16', async () => {
    const fixture = createFixture();
    const { embedder, document } = await embedderOf(fixture, PARTIAL_PLAN);
    expect(document).toMatchObject({ cut: PARTIAL_PLAN.cut, shape: [expect.any(Number), 2, 2] });
    expect(document.featureLength).toBe(document.shape?.reduce((a, b) => a * b, 1));
    expect(document.preprocessing.inputSize).toBe(64);
    const images = await createSyntheticDataset({ blobs: fixture.blobs, perSplit: { train: 2, val: 0, test: 0 } });
    await embedAll(fixture, { embedder, datasetVersion: await fixture.datasetVersion(images) });
    const [shard = ''] = await shardsOf(fixture);
    const stored = readSafetensors((await fixture.objects.get(shard))?.bytes ?? new Uint8Array());
    expect(stored.tensors.get('activations')).toMatchObject({ dtype: 'F16', shape: [6, document.featureLength] });
  });

  it('embeds exactly the new images of a grown dataset', async () => {
    const fixture = createFixture();
    const { blobs } = fixture;
    const first = await createSyntheticDataset({ blobs, perSplit: { train: 2, val: 0, test: 0 } });
    const more = await createSyntheticDataset({ blobs, perSplit: { train: 1, val: 0, test: 0 }, firstSeed: 50 });
    const { embedder } = await prepare(fixture, PARTIAL_PLAN);
    const before = await fixture.datasetVersion(first);
    const after = await fixture.datasetVersion([...first, ...more]);
    expect(await embedAll(fixture, { embedder, datasetVersion: before })).toMatchObject({ missing: 6, reused: 0 });
    expect(await embedAll(fixture, { embedder, datasetVersion: after })).toMatchObject({ missing: 3, reused: 6 });
    expect(await embedAll(fixture, { embedder, datasetVersion: after })).toMatchObject({ missing: 0, reused: 9 });
  });

  it('computes a lost shard again, the same to the byte, and no other', async () => {
    const fixture = createFixture();
    const { blobs, objects } = fixture;
    const images = await createSyntheticDataset({ blobs, perSplit: { train: 3, val: 0, test: 0 } });
    const { embedder } = await prepare(fixture, PARTIAL_PLAN);
    const [some, all] = [await fixture.datasetVersion(images.slice(0, 5)), await fixture.datasetVersion(images)];
    await embedAll(fixture, { embedder, datasetVersion: some });
    await embedAll(fixture, { embedder, datasetVersion: all });
    const shards = await shardsOf(fixture);
    expect(shards).toHaveLength(2);
    await objects.remove(shards[0] ?? '');
    const plan = await embedAll(fixture, { embedder, datasetVersion: all });
    expect([4, 5]).toContain(plan.missing);
    expect(await shardsOf(fixture)).toEqual(shards);
  });

  it('has random features for a network from scratch that nobody has weights of, by the seed', async () => {
    const scratch = (seed: number): TrainingPlan => ({
      ...PARTIAL_PLAN,
      backbone: 'efficientnet_phi-1',
      strategy: 'scratch',
      learnsFromActivations: false,
      cut: findArchitecture('efficientnet_phi-1').cut,
      settings: { ...PARTIAL_PLAN.settings, seed },
    });
    const fixture = createFixture();
    const [first, again, other] = [
      await embedderOf(fixture, scratch(1)),
      await embedderOf(createFixture(), scratch(1)),
      await embedderOf(fixture, scratch(2)),
    ];
    expect(again).toEqual(first);
    expect(other.document.onnxDigest).not.toBe(first.document.onnxDigest);
    expect(other.document.weightsDigest).not.toBe(first.document.weightsDigest);
    expect(first.document.shape).toBeUndefined();
  });

  it('asks for weights where training starts from some', async () => {
    const plan: TrainingPlan = { ...PARTIAL_PLAN, backbone: 'efficientnet_phi-1' };
    await expect(prepare(createFixture(), plan)).rejects.toMatchObject({ code: 'not_found' });
  });
});

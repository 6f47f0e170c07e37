/** Exports of every strategy, compared with tfjs's own form of the same network: no training is needed for that. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  GUARD_RAILS,
  goldenSchema,
  historySchema,
  pipelineTrainSchema,
  signatureSchema,
  type Digest,
  type ExportModelInput,
  type ManifestImage,
  type TrainingPlan,
} from '@graft/contracts';
import {
  findBackbone,
  loadCheckpoint,
  loadNetwork,
  loadOnnxModel,
  loadTfjsModel,
  preprocessImage,
  readOnnxMetadata,
  trainedNetwork,
  weightsOf,
  writeTrainedWeights,
  type Checkpoint,
  type Runtime,
} from '@graft/models';
import { graftPaths } from '@graft/platform';
import { buildTrainProcess, createFixture, RUN_ID, type Fixture } from '../testing/fixture.js';
import { createSyntheticDataset, LABELS } from '../testing/synthetic-images.js';
import { HEAD_PLAN, PARTIAL_PLAN, writePlan } from '../testing/training-plan.js';
import { chooseImages } from './comparison-images.js';

const SIZE = { height: PARTIAL_PLAN.inputSize, width: PARTIAL_PLAN.inputSize };
const ON_HEAD: TrainingPlan = { ...HEAD_PLAN, inputSize: SIZE.height };
const FULL: TrainingPlan = { ...ON_HEAD, strategy: 'full', learnsFromActivations: false };
const backbone = findBackbone('efficientnet_lite0');

/** EfficientNet-lite0 with the first three of its classes: weights that a training of three labels could have ended with. */
const loadTrained = async (): Promise<Checkpoint> => {
  const { reference, expectedDigest } = weightsOf(backbone, undefined);
  const { checkpoint } = await loadCheckpoint(reference, { cacheDir: graftPaths().cacheDir, expectedDigest });
  const rows = (name: string): [string, NonNullable<ReturnType<Checkpoint['get']>>] => {
    const tensor = checkpoint.get(name);
    if (tensor === undefined) throw new Error(`no ${name}`);
    const [classes = 1, ...others] = tensor.shape;
    return [name, { ...tensor, shape: [3, ...others], data: tensor.data.slice(0, (3 * tensor.data.length) / classes) }];
  };
  return new Map([...checkpoint, rows('_fc.weight'), rows('_fc.bias')]);
};

describe('exporting what was trained', () => {
  let fixture: Fixture;
  let checkpoint: Checkpoint;
  let images: ManifestImage[];
  let datasetVersion: Digest;
  let logits: Map<Digest, number[]>;

  beforeAll(async () => {
    fixture = createFixture();
    const { blobs } = fixture;
    images = await createSyntheticDataset({ blobs, perSplit: { train: 1, val: 2, test: 2 } });
    datasetVersion = await fixture.datasetVersion(images);
    checkpoint = await loadTrained();
    const form: Runtime = await loadTfjsModel({ backbone, checkpoint, size: SIZE });
    logits = new Map();
    for (const sha256 of chooseImages(images)) {
      const input = await preprocessImage(await blobs.get(sha256), {
        ...backbone.preprocessing,
        inputSize: SIZE.height,
      });
      const { logits: found = new Float32Array() } = await form.run(input, 1);
      logits.set(sha256, [...found]);
    }
    await form.dispose();
  });

  interface Changes {
    /** Of the metadata beside the weights. */
    readonly metadata?: Readonly<Record<string, string>>;
    /** A parameter that is another number. */
    readonly spoil?: string;
    readonly comparison?: Map<Digest, number[]>;
  }

  /** The documents that a training by this plan leaves behind. */
  const trainedBy = async (
    plan: TrainingPlan,
    { metadata = {}, spoil, comparison = logits }: Changes = {},
  ): Promise<ExportModelInput> => {
    const { blobs } = fixture;
    const planDigest = await writePlan(blobs, plan);
    const { embedder } = await fixture
      .activities()
      .embed.prepareEmbedder({ runId: RUN_ID, plan: planDigest, datasetVersion });
    const { graph, architecture } = trainedNetwork(plan, LABELS.length);
    const { weights } = loadNetwork({ architecture, checkpoint, size: SIZE });
    const kept = new Map(
      [...weights].map(([name, values]) => [name, name === spoil ? values.map((value) => value + 0.1) : values]),
    );
    const identity = { plan: planDigest, embedder, datasetVersion };
    const told = { ...identity, labels: JSON.stringify(LABELS), tensorflow: 'tfjs-node 4.22.0', ...metadata };
    const trained = await blobs.put(writeTrainedWeights({ graph, weights: kept, metadata: told }));
    const history = await writeDocument(blobs, historySchema, {
      schemaVersion: 'history.v1',
      trained,
      plan: planDigest,
      labels: [...LABELS],
      trainImages: 3,
      valImages: 6,
      bestEpoch: 1,
      stoppedBy: 'epochs',
      precision: 'float32',
      microBatch: 32,
      epochs: [{ epoch: 1, loss: 0.1, valLoss: 0.1, accuracy: 1 }],
      comparison: [...comparison].map(([sha256, values]) => ({ sha256, logits: values })),
      runtime: { tensorflow: 'tfjs-node 4.22.0', onnxruntime: '1', node: '20', cpuClass: 'test' },
    });
    return { runId: RUN_ID, model: 'shapes', variant: 'fp32', trained, history, ...identity };
  };

  const exportIt = (input: ExportModelInput) => fixture.activities().train.exportModel(input);

  it.each([ON_HEAD, PARTIAL_PLAN, FULL])('gives what the trained form gives: $strategy', async (plan) => {
    const input = await trainedBy(plan);
    const exported = await exportIt(input);
    expect(await exportIt(input)).toEqual(exported);
    expect(exported.model).toMatchObject({ kind: 'model', variant: 'fp32' });
    expect(exported.runtime.tensorflow).toBe('tfjs-node 4.22.0');
    const finished = fixture.registry.events.findLast(({ stage, kind }) => stage === 'export' && kind === 'finished');
    expect(finished?.data).toMatchObject({ compared: 8 });
    expect(finished?.data?.['largestDifference']).toBeLessThan(1e-4);

    const onnx = await fixture.blobs.get(exported.model.digest);
    expect(readOnnxMetadata(onnx)).toMatchObject({
      'graft.labels': JSON.stringify(LABELS),
      'graft.cut': plan.cut,
      model: 'shapes',
      plan: input.plan,
      trained: input.trained,
    });
  });

  it('records golden outputs that hold, of images that it did not learn from and of every label', async () => {
    const exported = await exportIt(await trainedBy(PARTIAL_PLAN));
    const { blobs } = fixture;
    const signature = await readDocument(blobs, signatureSchema, exported.signature);
    expect(signature).toMatchObject({ labels: [...LABELS], input: { shape: [-1, 3, 64, 64] } });
    const golden = await readDocument(blobs, goldenSchema, exported.golden.digest);
    expect(golden.artifactDigest).toBe(exported.model.digest);
    expect(golden.cases).toHaveLength(8);
    const held = new Map(images.map(({ sha256, split, label }) => [sha256, { split, label }]));
    expect(golden.cases.every(({ sha256 }) => held.get(sha256)?.split !== 'train')).toBe(true);
    expect(new Set(golden.cases.map(({ sha256 }) => held.get(sha256)?.label)).size).toBe(3);
    const runtime = await loadOnnxModel(await blobs.get(exported.model.digest));
    for (const { sha256, probabilities } of golden.cases) {
      const input = await preprocessImage(await blobs.get(sha256), signature.preprocessing);
      const { probabilities: found = new Float32Array() } = await runtime.run(input, 1);
      probabilities.forEach((expected, index) => expect(found[index]).toBeCloseTo(expected, 5));
    }
    await runtime.dispose();
  });

  it.each([ON_HEAD, PARTIAL_PLAN, FULL])('is refused when one layer is another: $strategy', async (plan) => {
    const last = trainedNetwork(plan, LABELS.length).graph.layers.at(-1)?.name ?? '';
    await expect(exportIt(await trainedBy(plan, { spoil: `${last}.bias` }))).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('differs from the trained one by 0.1'),
    });
  });

  it('refuses weights of another plan, embedder or dataset version, and files that are none', async () => {
    const other = 'f'.repeat(64);
    for (const what of ['plan', 'embedder', 'datasetVersion'])
      await expect(exportIt(await trainedBy(ON_HEAD, { metadata: { [what]: other } }))).rejects.toMatchObject({
        code: 'invalid_request',
        details: { what, found: other },
      });
    const input = await trainedBy(ON_HEAD);
    const { history } = await trainedBy(FULL);
    await expect(exportIt({ ...input, history })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(exportIt(await trainedBy(ON_HEAD, { metadata: { labels: 'ants' } }))).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('labels'),
    });
    // Three classes' weights for two labels.
    const two = { labels: JSON.stringify(LABELS.slice(0, 2)) };
    await expect(exportIt(await trainedBy(ON_HEAD, { metadata: two }))).rejects.toMatchObject({
      code: 'checkpoint_unfit',
    });
  });

  it('says what to do where there is no image to compare on', async () => {
    await expect(exportIt(await trainedBy(ON_HEAD, { comparison: new Map() }))).rejects.toMatchObject({
      code: 'dataset_unfit',
      message: expect.stringContaining('land more images'),
    });
  });
});

describe('exporting what a training process has just trained', () => {
  it.each(['head', 'partial', 'full'] as const)('gives what it gave: %s', async (strategy) => {
    const fixture = createFixture({ trainProcessPath: await buildTrainProcess() });
    const images = await createSyntheticDataset({ blobs: fixture.blobs, perSplit: { train: 4, val: 1, test: 2 } });
    const train = pipelineTrainSchema.parse({
      strategy,
      inputSize: 64,
      epochs: 1,
      batchSize: 8,
      allow: [...GUARD_RAILS],
    });
    const input = await fixture.prepare({ images, train });
    const activities = fixture.activities();
    const trained = await activities.train.trainModel(input);
    const { model } = await activities.train.exportModel({ ...input, ...trained, model: 'shapes', variant: 'fp32' });
    expect(await fixture.blobs.has(model.digest)).toBe(true);
    const finished = fixture.registry.events.findLast(({ stage, kind }) => stage === 'export' && kind === 'finished');
    expect(finished?.data?.['largestDifference']).toBeLessThan(1e-4);
  });
});

/**
 * The trainer's fine-tuning as a contestant of the bench `finetune`: the same code as its activities, over a content store
 * and a cache on the local disk, in one process. One JSON object a line over standard input and output.
 *
 *   node finetune-bench-process.js DATA.json head|partial [fp32|int8]
 *
 * With `int8` the frozen part is in eight bits, calibrated on training images before the clock starts: a pipeline does that once
 * in its life.
 *
 * `head` sets every fifth training image aside for early stopping and ends when the exported ONNX is evaluated on the test
 * images. `partial` tells the accuracy on them after every epoch, as its peer does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createContentStore, createFilesystemStore } from '@graft/artifacts';
import { pipelineTrainSchema, type Digest, type Embedder, type TrainingPlan } from '@graft/contracts';
import {
  activationExamples,
  availablePrecision,
  buildEmbedder,
  decodeOnnx,
  encodeOnnx,
  findBackbone,
  fineTune,
  joinTail,
  loadCheckpoint,
  loadOnnxModel,
  loadTensorFlow,
  onnxruntimeVersion,
  outputNamed,
  planTraining,
  runImages,
  startWeights,
  trainedNetwork,
  type FineTuned,
} from '@graft/models';
import { createLogger, detectCpuClass, graftPaths } from '@graft/platform';
import { createActivationCache, type ActivationCache } from './activation-cache/activation-cache.js';
import { activationKeyDigest, activationKeyOf, storageOf } from './activation-cache/activation-key.js';
import { sha256Of } from './activation-cache/shard.js';
import { defaultThreads } from './dependencies.js';
import { embedImages } from './embed/embed-images.js';
import { quantizeOnFiles } from './quantize-files.js';
import { weightBitsOf } from './quantize/weight-bits.js';
import { writeActivations, type LabelledImage } from './train/write-job.js';

interface Data {
  readonly train: readonly (readonly [path: string, label: number])[];
  readonly test: readonly (readonly [path: string, label: number])[];
  readonly classes: number;
}

/** In `head`, one of so many training images decides which epoch is kept. */
const HELD_OUT = 5;

const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

const [, , dataPath = '', mode, precision = 'fp32'] = process.argv;
const folder = mkdtempSync(join(tmpdir(), 'graft-bench-finetune-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const logger = createLogger({ service: 'bench' });
const data = JSON.parse(await readFile(dataPath, 'utf8')) as Data;
const backbone = findBackbone('efficientnet_lite0');
const { checkpoint, digest: weightsDigest } = await loadCheckpoint(backbone.weights, {
  cacheDir: graftPaths().cacheDir,
  expectedDigest: backbone.weightsDigest,
});
const cpuClass = detectCpuClass();
const { version, packageName, gpu } = loadTensorFlow();
const machine = { onnxruntimeVersion: onnxruntimeVersion(), executionProvider: 'cpu', cpuClass };
const blobs = createContentStore(createFilesystemStore(join(folder, 'content')));
const land = async (files: Data['train']): Promise<LabelledImage[]> => {
  const images: LabelledImage[] = [];
  for (const [path, label] of files) images.push({ sha256: await blobs.put(await readFile(path)), label });
  return images;
};
const landed = await land(data.train);
const test = await land(data.test);
const isHeldOut = (_: unknown, at: number): boolean => at % HELD_OUT === HELD_OUT - 1;
const splits =
  mode === 'head'
    ? { train: landed.filter((image, at) => !isHeldOut(image, at)), validation: landed.filter(isHeldOut) }
    : { train: landed, validation: test };

const planOf = (seed: number): TrainingPlan =>
  planTraining({
    network: backbone,
    train: pipelineTrainSchema.parse({ strategy: mode, seed }),
    dataset: {
      name: 'bench',
      labels: Array.from({ length: data.classes }, (_, label) => ({
        label: String(label),
        train: splits.train.filter((image) => image.label === label).length,
      })),
      images: landed.length + test.length,
    },
    evidence: null,
  });

const buildFrozen = (plan: TrainingPlan) => buildEmbedder({ backbone, checkpoint, cut: plan.cut });

/** As many as a run calibrates and measures on. */
const CALIBRATION_IMAGES = 96;

/** The frozen part in eight bits; null: it stays in float32. */
const quantize = async (): Promise<Uint8Array | null> => {
  if (precision !== 'int8') return null;
  const apart = Math.ceil(data.train.length / CALIBRATION_IMAGES);
  const files = data.train.filter((_, at) => at % apart === 0).map(([path]) => path);
  const model = decodeOnnx(buildFrozen(planOf(0)).onnx);
  return encodeOnnx((await quantizeOnFiles(model, { files, preprocessing: backbone.preprocessing })).model);
};
const quantized = await quantize();

/** What comes before training: the frozen part as ONNX, and its activations of everything that training reads. */
const embed = async (
  plan: TrainingPlan,
  into: string,
): Promise<{ onnx: Uint8Array; cache: ActivationCache; shape: number[] }> => {
  const { onnx: built, cut, featureLength, shape } = buildFrozen(plan);
  const onnx = quantized ?? built;
  const embedder: Embedder = {
    schemaVersion: 'embedder.v1',
    backbone: backbone.name,
    weightsDigest,
    onnxDigest: sha256Of(onnx),
    ...(quantized === null
      ? ({ precision: 'fp32', weightBits: 32 } as const)
      : ({ precision: 'int8', weightBits: weightBitsOf(cpuClass) } as const)),
    cut,
    featureLength,
    ...(shape === undefined ? {} : { shape }),
    preprocessing: backbone.preprocessing,
  };
  const runtime = await loadOnnxModel(onnx, { threads: defaultThreads(), spinning: false });
  const cache = createActivationCache({
    objects: createFilesystemStore(join(into, 'cache')),
    key: activationKeyDigest(activationKeyOf(embedder, machine)),
    length: featureLength,
    storage: storageOf(embedder),
    logger,
  });
  const images: Digest[] = [...splits.train, ...splits.validation].map(({ sha256 }) => sha256);
  await cache.put(await embedImages({ images, embedder, runtime, blobs }));
  await runtime.dispose();
  return { onnx, cache, shape: shape ?? [featureLength] };
};

/** Share of the test images that the exported model names rightly, from their bytes on. */
const evaluate = async (onnx: Uint8Array): Promise<number> => {
  const runtime = await loadOnnxModel(onnx, { threads: defaultThreads(), spinning: false });
  let right = 0;
  await runImages({
    images: test.map(({ sha256 }) => sha256),
    load: (sha256) => blobs.get(sha256),
    preprocessing: backbone.preprocessing,
    runtime,
    onBatch: ({ outputs, offset, count }) => {
      const logits = outputNamed(outputs, 'logits');
      for (let row = 0; row < count; row += 1) {
        const scores = [...logits.subarray(row * data.classes, (row + 1) * data.classes)];
        if (scores.indexOf(Math.max(...scores)) === test[offset + row]?.label) right += 1;
      }
    },
  });
  await runtime.dispose();
  return right / test.length;
};

interface Point {
  readonly seconds: number;
  readonly accuracy: number;
}
let rounds = 0;
let outcome: { accuracy: number; timeline: Point[] } = { accuracy: NaN, timeline: [] };

/** From images to an evaluated model, from an empty cache, with the next seed. */
const runRound = async (startedMs: number): Promise<void> => {
  const secondsSoFar = (): number => (performance.now() - startedMs) / 1000;
  const plan = planOf(rounds);
  const into = join(folder, `round-${(rounds += 1)}`);
  await mkdir(into, { recursive: true });
  const { onnx, cache, shape } = await embed(plan, into);
  const examplesOf = async (file: string, images: readonly LabelledImage[]) => {
    await writeActivations({ folder: into, file, images, source: cache, shape });
    const labels = Int32Array.from(images, ({ label }) => label);
    return activationExamples({ path: join(into, file), shape, storage: cache.storage, labels });
  };
  const train = await examplesOf('train', splits.train);
  const validation = await examplesOf('validation', splits.validation);
  const none = { labels: new Int32Array(), shape: train.shape, read: async () => new Float32Array() };
  const network = trainedNetwork(plan, data.classes);
  const timeline: Point[] = [];
  let tuned: FineTuned;
  try {
    tuned = await fineTune({
      graph: network.graph,
      weights: startWeights({ network, plan, classes: data.classes, checkpoint, seed: plan.settings.seed }),
      stages: network.stages,
      train,
      validation,
      comparison: none,
      settings: plan.settings,
      precision: availablePrecision(plan.settings.precision, { cpuClass, gpu }),
      onEpoch: ({ accuracy }) => {
        if (mode === 'partial') timeline.push({ seconds: secondsSoFar(), accuracy: accuracy ?? NaN });
      },
    });
  } finally {
    train.close();
    validation.close();
  }
  const labels = Array.from({ length: data.classes }, (_, label) => String(label));
  const model = joinTail({
    embedderOnnx: onnx,
    tail: { graph: network.graph, weights: tuned.weights },
    labels,
    metadata: {},
  });
  const accuracy = await evaluate(model);
  timeline.push({ seconds: secondsSoFar(), accuracy });
  outcome = { accuracy, timeline };
  rmSync(into, { recursive: true, force: true });
};

say({
  ready: true,
  about: {
    tensorflow: `${packageName} ${version}`,
    onnxruntime: machine.onnxruntimeVersion,
    threads: defaultThreads(),
    settings: planOf(0).settings,
    cut: planOf(0).cut,
  },
});
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { save?: string };
  if (request.save !== undefined) {
    await writeFile(request.save, JSON.stringify(outcome));
    say({ saved: true });
    continue;
  }
  const startedMs = performance.now();
  await runRound(startedMs);
  say({ seconds: (performance.now() - startedMs) / 1000, units: 1 });
}
process.exit(0);

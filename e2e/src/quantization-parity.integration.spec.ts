/**
 * Eight bits as good as those of onnxruntime's own quantizer in Python, on the same float32 file, calibrated on the same
 * images; and a file that others can use: ONNX's checker takes it, and Python's runtime answers as ours does.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildClassifier, findBackbone, loadOnnxModel, readCheckpoint, resolveWeights } from '@graft/models';
import { decodeOnnx, encodeOnnx, preprocessImage, quantizeModel, writeSafetensors } from '@graft/models';
import type { InputBatch, QuantizedModel } from '@graft/models';
import { graftPaths } from '@graft/platform';
import { findHymenoptera } from './pytorch/photos.js';
import { askQuantizer, type QuantizationAnswer, type QuantizationRequest } from './pytorch/quantize-static.js';
import { makeReferences, readTensor } from './pytorch/references.js';
import { describeWithPyTorch } from './pytorch/run-python.js';

const TIMEOUT_MS = 10 * 60_000;
const SIZE = 224;
const BATCH = 8;
const THREADS = { threads: 1 };

/** As large an error as Python's, and a tenth: rounding takes other ways, and falls a little better or worse. */
const TIMES_PYTHONS = 1.1;
/**
 * Of 255 over the logits' range. The same version on the same CPU gave the same bits; another may round a half the other way,
 * and that goes through the layers that follow.
 */
const STEPS = 2;

/** Random weights and batch-norm statistics, made by PyTorch; EfficientNet-lite0 has its published weights. */
const RANDOM = ['resnet18', 'mobilenet_v2'] as const;
const TRAINED = 'efficientnet_lite0';
const MODELS = [...RANDOM, TRAINED];

/** What the images are for, and how many. */
const SETS = { calibration: 24, measuring: 8, heldOut: 16 };
type SetName = keyof typeof SETS;
const SET_NAMES = ['calibration', 'measuring', 'heldOut'] as const;

interface Compared {
  readonly quantized: QuantizedModel;
  /** What our quantized logits are off on the held-out images. */
  readonly error: number;
  readonly logits: Float32Array;
  readonly pythonLogits: ArrayLike<number>;
  /** Python's errors on the measuring and on the held-out images. */
  readonly python: { readonly measuring: number; readonly heldOut: number };
  readonly checked: QuantizationAnswer;
}

const photos = await findHymenoptera('train');
const compared = new Map<string, Compared>();
let folder: string;

const of = (model: string): Compared => {
  const found = compared.get(model);
  if (found === undefined) throw new Error(`nothing was compared with ${model}`);
  return found;
};

const imagesPath = (model: string, set: SetName): string => join(folder, `${model}.${set}.safetensors`);
const floatPath = (model: string): string => join(folder, `${model}.fp32.onnx`);

const readImages = async (model: string, set: SetName): Promise<readonly InputBatch[]> => {
  const values = Float32Array.from(await readTensor(imagesPath(model, set), 'images'));
  const length = BATCH * 3 * SIZE * SIZE;
  return Array.from({ length: values.length / length }, (_, at) => ({
    values: values.slice(at * length, (at + 1) * length),
    rows: BATCH,
  }));
};

/** Photos for the network that knows some, where there are any. */
const writePhotos = async (paths: readonly string[]): Promise<void> => {
  const { preprocessing } = findBackbone(TRAINED);
  const total = SET_NAMES.reduce((sum, set) => sum + SETS[set], 0);
  const chosen = Array.from({ length: total }, (_, at) => paths[Math.floor((at * paths.length) / total)] ?? '');
  // In turn, so that each set has some of each label.
  const sets = SET_NAMES.flatMap((set) => Array<SetName>(SETS[set] / BATCH).fill(set));
  for (const set of SET_NAMES) {
    const own = chosen.filter((_, at) => sets[at % sets.length] === set);
    const shape = [own.length, 3, SIZE, SIZE];
    const data = new Float32Array(own.length * 3 * SIZE * SIZE);
    for (const [row, path] of own.entries())
      data.set(await preprocessImage(await readFile(path), preprocessing), row * 3 * SIZE * SIZE);
    await writeFile(imagesPath(TRAINED, set), writeSafetensors(new Map([['images', { shape, dtype: 'F32', data }]])));
  }
};

const writeFloatModel = async (model: string, weights: string): Promise<void> => {
  const checkpoint = readCheckpoint(await readFile(weights));
  await writeFile(floatPath(model), buildClassifier({ backbone: findBackbone(model), checkpoint }));
};

const publishedWeights = async (): Promise<string> => {
  const { weights, weightsDigest } = findBackbone(TRAINED);
  const { cacheDir } = graftPaths();
  return (await resolveWeights(weights, { cacheDir, expectedDigest: weightsDigest })).path;
};

/** One request a set of images to make, and then one a model. */
const pythonRequests = (): readonly QuantizationRequest[] => [
  ...MODELS.filter((model) => model !== TRAINED || photos === null).flatMap((model, at) =>
    SET_NAMES.map((set, position): QuantizationRequest => {
      const seed = 100 * (at + 1) + position;
      return { kind: 'images', seed, count: SETS[set], size: SIZE, path: imagesPath(model, set) };
    }),
  ),
  ...MODELS.map((model): QuantizationRequest => {
    const [calibration, ...images] = SET_NAMES.map((set) => imagesPath(model, set));
    return { kind: 'quantize', model: floatPath(model), calibration: calibration ?? '', images };
  }),
];

const logitsOf = async (onnx: Uint8Array, batches: readonly InputBatch[]): Promise<Float32Array> => {
  const runtime = await loadOnnxModel(onnx, THREADS);
  try {
    const parts: Float32Array[] = [];
    for (const { values, rows } of batches) parts.push((await runtime.run(values, rows)).logits ?? new Float32Array());
    return Float32Array.from(parts.flatMap((part) => [...part]));
  } finally {
    await runtime.dispose();
  }
};

const norm = (values: Float32Array): number => Math.hypot(...values);

/** Ours beside what Python answered: the same calibration, every layer in eight bits. */
const quantizeAndCompare = async (model: string, { errors = [], ...failed }: QuantizationAnswer): Promise<Compared> => {
  if (failed.error !== undefined) throw new Error(`Python could not quantize ${model}: ${failed.error}`);
  const onnx = await readFile(floatPath(model));
  const heldOut = await readImages(model, 'heldOut');
  const quantized = await quantizeModel({
    model: decodeOnnx(onnx),
    calibration: await readImages(model, 'calibration'),
    measuring: await readImages(model, 'measuring'),
    // As many as Python gives a weight.
    weightBits: 8,
    errorLimit: Infinity,
    runtime: THREADS,
  });
  const bytes = encodeOnnx(quantized.model);
  const [path, output] = [join(folder, `${model}.int8.onnx`), join(folder, `${model}.logits.safetensors`)];
  await writeFile(path, bytes);
  const [checked = {}] = await askQuantizer(
    [{ kind: 'run', model: path, images: imagesPath(model, 'heldOut'), output }],
    folder,
  );
  const [expected, logits] = [await logitsOf(onnx, heldOut), await logitsOf(bytes, heldOut)];
  const [measuring = NaN, onHeldOut = NaN] = errors;
  return {
    ...{ quantized, logits, checked, python: { measuring, heldOut: onHeldOut } },
    error: norm(logits.map((each, at) => each - (expected[at] ?? NaN))) / norm(expected),
    pythonLogits: checked.error === undefined ? await readTensor(output, 'logits') : [],
  };
};

describeWithPyTorch('a model in eight bits', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graft-quantization-'));
    const sizes = [[SIZE, SIZE] as const];
    const references = await makeReferences(
      RANDOM.map((model) => ({ model, classes: 1000, sizes, seed: 1, format: 'zip' })),
      folder,
    );
    for (const model of RANDOM) await writeFloatModel(model, references.get(model)?.weights ?? '');
    await writeFloatModel(TRAINED, await publishedWeights());
    if (photos !== null) await writePhotos(photos);
    const answers = (await askQuantizer(pythonRequests(), folder)).slice(-MODELS.length);
    for (const [at, model] of MODELS.entries())
      compared.set(model, await quantizeAndCompare(model, answers[at] ?? { error: 'no answer' }));
  }, TIMEOUT_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  describe.each(MODELS)('%s', (model) => {
    it("loses no more than Python's quantizer with the same ranges", () => {
      const { quantized, python } = of(model);
      expect(quantized.errors['min-max']).toBeLessThanOrEqual(TIMES_PYTHONS * python.measuring);
    });

    it("loses no more than Python's quantizer on images that neither has seen", () => {
      const { error, python } = of(model);
      expect(error).toBeLessThanOrEqual(TIMES_PYTHONS * python.heldOut);
    });

    it("passes ONNX's own checker, and runs in Python's onnxruntime with the same logits", () => {
      const { checked, logits, pythonLogits } = of(model);
      expect(checked.error).toBeUndefined();
      expect(pythonLogits).toHaveLength(logits.length);
      const step = (Math.max(...logits) - Math.min(...logits)) / 255;
      const gaps = logits.map((each, at) => Math.abs(each - (pythonLogits[at] ?? NaN)));
      expect(Math.max(...gaps)).toBeLessThanOrEqual(STEPS * step);
    });
  });
});

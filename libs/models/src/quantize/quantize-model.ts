/** A model in eight bits that stays as close to float32 as can be measured. */
import { encodeOnnx, type OnnxModel } from '../onnx/onnx-model.js';
import { loadOnnxModel, type OnnxOptions } from '../runtime/onnxruntime.js';
import type { WeightBits } from './affine.js';
import { calibrate, type InputBatch } from './calibrate.js';
import type { CalibrationMethod } from './histogram.js';
import { quantizedNodes, quantizeOnnx } from './quantize-onnx.js';

export interface QuantizeModelOptions {
  readonly model: OnnxModel;
  /** Training images: ranges come from them. */
  readonly calibration: readonly InputBatch[];
  /** Other training images: what a choice costs is measured on them. */
  readonly measuring: readonly InputBatch[];
  readonly weightBits: WeightBits;
  /**
   * The error that is good enough, ‖int8 − float32‖ / ‖float32‖ of the model's first output; default .1. While it is above
   * that, the layer that matters most goes back to float32, and then the next.
   */
  readonly errorLimit?: number;
  /** Layers that may stay in float32 for that; default 3. */
  readonly mostInFloat?: number;
  readonly runtime?: OnnxOptions;
  readonly signal?: AbortSignal;
}

export interface QuantizedModel {
  readonly model: OnnxModel;
  readonly method: CalibrationMethod;
  /** Names of nodes that were found to be too sensitive. */
  readonly inFloat: readonly string[];
  /** Of what was chosen, on the measuring images. */
  readonly error: number;
  /** Of each method, with every layer in eight bits. */
  readonly errors: Readonly<Record<CalibrationMethod, number>>;
}

const DEFAULT_ERROR_LIMIT = 0.1;
const DEFAULT_MOST_IN_FLOAT = 3;

type Answers = readonly Float32Array[];

const answersOf = async (
  model: OnnxModel,
  batches: readonly InputBatch[],
  options: OnnxOptions = {},
): Promise<Answers> => {
  const runtime = await loadOnnxModel(encodeOnnx(model), options);
  const name = model.outputs[0]?.name ?? '';
  try {
    const answers: Float32Array[] = [];
    for (const { values, rows } of batches) answers.push((await runtime.run(values, rows))[name] ?? new Float32Array());
    return answers;
  } finally {
    await runtime.dispose();
  }
};

/** ‖found − expected‖ / ‖expected‖, of all answers together. */
const relativeError = (found: Answers, expected: Answers): number => {
  let [gap, norm] = [0, 0];
  for (const [batch, values] of expected.entries())
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? NaN;
      gap += (value - (found[batch]?.[at] ?? NaN)) ** 2;
      norm += value ** 2;
    }
  return Math.sqrt(gap / norm);
};

const leastOf = <T extends { readonly error: number }>(candidates: readonly T[]): T => {
  const [first, ...others] = candidates;
  if (first === undefined) throw new RangeError('nothing to choose from');
  return others.reduce((best, each) => (each.error < best.error ? each : best), first);
};

/**
 * Quantizes a model: the calibration method by what it costs on images that it didn't see, and then, one by one, the
 * layers whose return to float32 gains most, until the error is small enough.
 *
 * The same images give the same model on one machine; a CPU of another kind may choose otherwise, as its float32 differs.
 * @throws AppError `invalid_request` when a batch doesn't fit the model; the signal's reason when it aborts.
 */
export const quantizeModel = async (options: QuantizeModelOptions): Promise<QuantizedModel> => {
  const { model, calibration, measuring, weightBits, runtime, signal } = options;
  const { errorLimit = DEFAULT_ERROR_LIMIT, mostInFloat = DEFAULT_MOST_IN_FLOAT } = options;
  const expected = await answersOf(model, measuring, runtime);
  const methods = await calibrate(model, calibration, runtime);
  const attempt = async (method: CalibrationMethod, inFloat: readonly string[]) => {
    signal?.throwIfAborted();
    const ranges = methods.get(method) ?? new Map();
    const quantized = quantizeOnnx({ model, ranges, inFloat: new Set(inFloat), weightBits });
    const error = relativeError(await answersOf(quantized, measuring, runtime), expected);
    return { model: quantized, method, inFloat, error };
  };
  const attempts = [];
  for (const method of methods.keys()) attempts.push(await attempt(method, []));
  const errors = Object.fromEntries(attempts.map(({ method, error }) => [method, error])) as QuantizedModel['errors'];
  let best = leastOf(attempts);
  while (best.error > errorLimit && best.inFloat.length < mostInFloat) {
    const candidates = [];
    for (const name of quantizedNodes(model))
      if (!best.inFloat.includes(name)) candidates.push(await attempt(best.method, [...best.inFloat, name]));
    if (candidates.length === 0) break;
    const next = leastOf(candidates);
    if (next.error >= best.error) break;
    best = next;
  }
  return { ...best, errors };
};

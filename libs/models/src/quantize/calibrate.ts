/** What numbers a model's tensors take on real images. */
import { encodeOnnx, type OnnxModel } from '../onnx/onnx-model.js';
import { loadOnnxModel, type OnnxOptions } from '../runtime/onnxruntime.js';
import type { Range } from './affine.js';
import {
  addToHistogram,
  CALIBRATION_METHODS,
  chooseRange,
  createHistogram,
  type CalibrationMethod,
  type Histogram,
} from './histogram.js';
import { quantizedTensors } from './quantize-onnx.js';

/** Images as a model takes them: row-major [rows, …]. */
export interface InputBatch {
  readonly values: Float32Array;
  readonly rows: number;
}

export type Ranges = ReadonlyMap<string, Range>;

const extremes = (values: Float32Array, { least, greatest }: Range): Range => {
  let [low, high] = [least, greatest];
  // By index: an iterator takes seven times as long, and a layer has millions of numbers.
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? NaN;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { least: low, greatest: high };
};

const NOTHING: Range = { least: 0, greatest: 0 };

/**
 * The ranges that each method chooses for every tensor that quantization needs. The images are run twice: for the extremes,
 * and for the histograms between them. Memory: a batch's activations, of all layers.
 * @param model in float32.
 */
export const calibrate = async (
  model: OnnxModel,
  batches: readonly InputBatch[],
  options: OnnxOptions = {},
): Promise<ReadonlyMap<CalibrationMethod, Ranges>> => {
  const inputs = new Set(model.inputs.map(({ name }) => name));
  const tensors = quantizedTensors(model);
  const observed = tensors.filter((name) => !inputs.has(name));
  const outputs = observed.map((name) => model.outputs.find((output) => output.name === name) ?? { name, shape: null });
  const runtime = await loadOnnxModel(encodeOnnx({ ...model, outputs }), options);
  const observe = async (onTensor: (name: string, values: Float32Array) => void): Promise<void> => {
    for (const { values, rows } of batches) {
      inputs.forEach((name) => onTensor(name, values));
      for (const [name, given] of Object.entries(await runtime.run(values, rows))) onTensor(name, given);
    }
  };
  try {
    const seen = new Map<string, Range>();
    await observe((name, values) => seen.set(name, extremes(values, seen.get(name) ?? NOTHING)));
    const histograms = new Map([...seen].map(([name, range]): [string, Histogram] => [name, createHistogram(range)]));
    await observe((name, values) => {
      const histogram = histograms.get(name);
      if (histogram !== undefined) addToHistogram(histogram, values);
    });
    return new Map(
      CALIBRATION_METHODS.map((method) => [
        method,
        new Map([...histograms].map(([name, histogram]) => [name, chooseRange(histogram, method)])),
      ]),
    );
  } finally {
    await runtime.dispose();
  }
};

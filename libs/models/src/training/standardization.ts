/**
 * Standardized features: each column with mean 0 and deviation 1 over the training rows, which lets one learning rate
 * suit all of them. Afterwards it is folded into the head, so that nothing of it remains at inference.
 */
import type { Head } from '../onnx/join-head.js';

export interface Standardization {
  readonly mean: Float64Array;
  /** 1 / deviation; 0 for a column that never moved, which can teach nothing. */
  readonly inverse: Float64Array;
}

/**
 * The least deviation that is divided by, as a share of the columns' median: a column that was alive in one image of
 * thousands would otherwise drown the others when it shows up again.
 */
const FLOOR_SHARE = 0.05;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** @param features row-major [rows, length]. */
export const measureStandardization = (features: Float32Array, length: number): Standardization => {
  const rows = features.length / length;
  const mean = new Float64Array(length);
  const variance = new Float64Array(length);
  features.forEach((value, at) => (mean[at % length] = (mean[at % length] ?? 0) + value / rows));
  features.forEach((value, at) => {
    const column = at % length;
    variance[column] = (variance[column] ?? 0) + (value - (mean[column] ?? 0)) ** 2 / rows;
  });
  const deviations = [...variance].map(Math.sqrt);
  const floor = FLOOR_SHARE * median(deviations.filter((deviation) => deviation > 0));
  const inverse = Float64Array.from(deviations, (deviation) => (deviation > 0 ? 1 / Math.max(deviation, floor) : 0));
  return { mean, inverse };
};

/** The features, standardized: row-major [rows, length]. */
export const standardize = (features: Float32Array, { mean, inverse }: Standardization): Float32Array => {
  const length = mean.length;
  return features.map((value, at) => (value - (mean[at % length] ?? 0)) * (inverse[at % length] ?? 0));
};

/**
 * The head that gives on raw features what `kernel` and `bias` give on standardized ones.
 * @param kernel row-major [length, classes], as it is trained.
 * @returns weights row-major [classes, length], as ONNX's Gemm and PyTorch keep them.
 */
export const foldStandardization = (
  kernel: Float32Array,
  bias: Float32Array,
  { mean, inverse }: Standardization,
): Head => {
  const [length, classes] = [mean.length, bias.length];
  const weights = new Float32Array(kernel.length);
  const folded = Float64Array.from(bias);
  for (let column = 0; column < length; column += 1)
    for (let k = 0; k < classes; k += 1) {
      const weight = (kernel[column * classes + k] ?? 0) * (inverse[column] ?? 0);
      weights[k * length + column] = weight;
      folded[k] = (folded[k] ?? 0) - weight * (mean[column] ?? 0);
    }
  return { weights, bias: Float32Array.from(folded) };
};

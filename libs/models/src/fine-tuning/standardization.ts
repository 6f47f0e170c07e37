/**
 * Standardized features: each column with mean 0 and deviation 1 over the training rows, which lets one learning rate
 * suit all of them. Afterwards it is folded into the head, so that nothing of it remains at inference.
 */
import { AppError } from '@graft/contracts';
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

/**
 * @param chunks gives the rows, row-major [any, length]; it is asked twice: for the means, then for the deviations.
 * @throws AppError `invalid_request` when a feature is not a finite number.
 */
export const measureStandardization = async (
  chunks: () => AsyncIterable<Float32Array>,
  length: number,
): Promise<Standardization> => {
  const mean = new Float64Array(length);
  const variance = new Float64Array(length);
  let rows = 0;
  for await (const features of chunks()) {
    features.forEach((value, at) => (mean[at % length] = (mean[at % length] ?? 0) + value));
    rows += features.length / length;
  }
  mean.forEach((sum, column) => (mean[column] = sum / rows));
  if (!mean.every(Number.isFinite))
    throw new AppError('invalid_request', 'a feature of the training images is not a finite number');
  for await (const features of chunks())
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
  const result = new Float32Array(features.length);
  for (let row = 0; row < features.length; row += length)
    for (let column = 0; column < length; column += 1)
      result[row + column] = ((features[row + column] ?? 0) - (mean[column] ?? 0)) * (inverse[column] ?? 0);
  return result;
};

/**
 * The head that gives on raw features what `head` gives on standardized ones.
 * Weights are row-major [classes, length], here and there.
 */
export const foldStandardization = ({ weights, bias }: Head, { mean, inverse }: Standardization): Head => {
  const length = mean.length;
  const folded = Float64Array.from(bias);
  const scaled = weights.map((each, at) => {
    const [k, column] = [Math.floor(at / length), at % length];
    const weight = each * (inverse[column] ?? 0);
    folded[k] = (folded[k] ?? 0) - weight * (mean[column] ?? 0);
    return weight;
  });
  return { weights: scaled, bias: Float32Array.from(folded) };
};

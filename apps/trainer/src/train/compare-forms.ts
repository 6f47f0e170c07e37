/** Compares an exported model with the form it was trained in: float64 `features · weightsᵀ + bias`. */
import { AppError } from '@graft/contracts';

export interface Head {
  /** Row-major float32 [classes, features]. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Logits of one image in float64. */
export const headLogits = ({ weights, bias }: Head, features: Float32Array): Float64Array =>
  Float64Array.from(bias, (offset, row) => {
    const start = row * features.length;
    let sum = 0;
    for (let index = 0; index < features.length; index += 1) {
      sum += (features[index] ?? 0) * (weights[start + index] ?? 0);
    }
    return sum + offset;
  });

/** The largest difference, each relative to max(1, |expected|). NaN and infinities count as infinitely far. */
export const largestDifference = (expected: Float64Array, actual: Float32Array): number => {
  if (expected.length !== actual.length) return Infinity;
  return expected.reduce((worst, value, index) => {
    const difference = Math.abs((actual[index] ?? NaN) - value) / Math.max(1, Math.abs(value));
    return Number.isFinite(difference) ? Math.max(worst, difference) : Infinity;
  }, 0);
};

/** Float32 sums over ~1,000 features in another order differ by some 1e-5; a wrong layer by more than 1e-2. */
export const EXPORT_TOLERANCE = 1e-3;

/** @throws AppError `refused` when any image's logits differ by more than the tolerance. */
export const requireSameForm = (
  comparisons: readonly { readonly sha256: string; readonly difference: number }[],
): number => {
  const worst = comparisons.reduce((a, b) => (b.difference > a.difference ? b : a), { sha256: '', difference: 0 });
  if (worst.difference <= EXPORT_TOLERANCE) return worst.difference;
  throw new AppError(
    'refused',
    `the exported model differs from the trained one by ${worst.difference} on image ${worst.sha256}; at most ${EXPORT_TOLERANCE} is allowed`,
    { details: { ...worst, tolerance: EXPORT_TOLERANCE } },
  );
};

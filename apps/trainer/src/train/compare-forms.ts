/** Compares an exported model with what the training form answered to the same images. */
import { AppError } from '@graft/contracts';

/** The largest difference, each relative to max(1, |expected|). NaN and infinities count as infinitely far. */
export const largestDifference = (expected: readonly number[], actual: Float32Array): number => {
  if (expected.length !== actual.length) return Infinity;
  return expected.reduce((worst, value, index) => {
    const difference = Math.abs((actual[index] ?? NaN) - value) / Math.max(1, Math.abs(value));
    return Number.isFinite(difference) ? Math.max(worst, difference) : Infinity;
  }, 0);
};

/**
 * Both forms compute in float32, whatever precision trained. Sums in another order and batch norms that are folded move a
 * logit by some 1e-5, in the deepest networks by 1e-4; a wrong layer moves it by more than 1e-2.
 */
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

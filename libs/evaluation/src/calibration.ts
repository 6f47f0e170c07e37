/**
 * Expected calibration error: how far confidence lies from accuracy, averaged over bins of confidence.
 * Source: C. Guo et al., "On calibration of modern neural networks", ICML 2017 (15 bins of equal width).
 */
import type { Outcome } from './outcome.js';

const BINS = 15;

/** 0 (confidence is accuracy) to 1. Bin k holds confidences in (k/15, (k+1)/15]. No outcome: 0. */
export const expectedCalibrationError = (outcomes: readonly Pick<Outcome, 'confidence' | 'right'>[]): number => {
  const gaps = new Array<number>(BINS).fill(0);
  for (const { confidence, right } of outcomes) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1));
    gaps[bin] = (gaps[bin] ?? 0) + (right ? 1 : 0) - confidence;
  }
  return outcomes.length === 0 ? 0 : gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / outcomes.length;
};

/**
 * Calibration: how far confidence lies from accuracy, in bins of confidence, and averaged over them (expected calibration error).
 * Source: C. Guo et al., "On calibration of modern neural networks", ICML 2017 (15 bins of equal width).
 */
import type { ReliabilityBin } from '@graft/contracts';
import type { Outcome } from './outcome.js';
import { wilsonInterval } from './wilson-interval.js';

const BINS = 15;

type Judged = Pick<Outcome, 'confidence' | 'right'>;

/** Bin k holds confidences in (k/15, (k+1)/15]. */
const binOf = (confidence: number): number => Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1));

/** The reliability curve: bins that have outcomes, in ascending order of confidence. */
export const reliabilityBins = (outcomes: readonly Judged[]): ReliabilityBin[] => {
  const members = Array.from({ length: BINS }, (): Judged[] => []);
  for (const outcome of outcomes) members[binOf(outcome.confidence)]?.push(outcome);
  return members.flatMap((bin, k) =>
    bin.length === 0
      ? []
      : [
          {
            lower: k / BINS,
            upper: (k + 1) / BINS,
            confidence: bin.reduce((sum, { confidence }) => sum + confidence, 0) / bin.length,
            accuracy: wilsonInterval({ successes: bin.filter(({ right }) => right).length, n: bin.length }),
          },
        ],
  );
};

/** 0 (confidence is accuracy) to 1; without an outcome 0. */
export const expectedCalibrationError = (outcomes: readonly Judged[]): number =>
  outcomes.length === 0
    ? 0
    : reliabilityBins(outcomes).reduce(
        (sum, { confidence, accuracy }) => sum + Math.abs(accuracy.value - confidence) * accuracy.n,
        0,
      ) / outcomes.length;

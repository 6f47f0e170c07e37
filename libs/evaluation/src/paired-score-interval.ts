/**
 * Tango's score interval of the difference of two paired proportions. It keeps its level on small samples and where
 * the models never disagree, where the textbook interval has no width.
 * Source: T. Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample
 * design", Statistics in Medicine 17 (1998) 891–908.
 */
import type { Interval } from '@graft/contracts';
import { twoSidedZ } from './normal-quantile.js';

export interface PairedCounts {
  /** Images that only the candidate got right. */
  readonly onlyCandidateRight: number;
  /** Images that only the champion got right. */
  readonly onlyChampionRight: number;
  /** All images compared, those on which both agree included. */
  readonly images: number;
}

/** The score statistic of the hypothesis that the difference is `delta`: it falls as delta rises. */
const scoreOf = ({ onlyCandidateRight: b, onlyChampionRight: c, images: n }: PairedCounts, delta: number): number => {
  // The champion-only share that is most likely under the hypothesis: the larger root of a quadratic.
  const linear = -b - c + (2 * n - b + c) * delta;
  const constant = -c * delta * (1 - delta);
  const root = Math.sqrt(Math.max(0, linear * linear - 8 * n * constant));
  // Of the two forms of the root, the one that subtracts nothing of like size.
  const share = linear <= 0 ? (root - linear) / (4 * n) : (-2 * constant) / (root + linear);
  const variance = n * (2 * share + delta * (1 - delta));
  const deviation = b - c - n * delta;
  if (variance > 0) return deviation / Math.sqrt(variance);
  return deviation === 0 ? 0 : deviation > 0 ? Infinity : -Infinity;
};

/** Where a falling function of delta crosses a level, in [−1, 1]. 60 halvings reach the spacing of doubles. */
const crossing = (counts: PairedCounts, level: number): number => {
  let below = -1;
  let above = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (below + above) / 2;
    if (scoreOf(counts, middle) > level) below = middle;
    else above = middle;
  }
  return (below + above) / 2;
};

/**
 * Candidate's accuracy minus champion's on the same images, with its interval. No image: the difference is 0 in [−1, 1].
 * Counts may be fractions, which is how the number of images that a verdict lacks is worked out.
 * @param confidence two-sided, default 0.95
 */
export const pairedScoreInterval = ({
  confidence = 0.95,
  ...counts
}: PairedCounts & { confidence?: number }): Interval => {
  const { onlyCandidateRight, onlyChampionRight, images } = counts;
  if (images === 0) return { value: 0, lower: -1, upper: 1, n: 0 };
  const z = twoSidedZ(confidence);
  return {
    value: (onlyCandidateRight - onlyChampionRight) / images,
    lower: onlyChampionRight === images ? -1 : crossing(counts, z),
    upper: onlyCandidateRight === images ? 1 : crossing(counts, -z),
    n: images,
  };
};

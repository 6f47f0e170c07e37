/** What the choice of a backbone is decided on: each candidate's answers on the same images, and what it costs. */
import { AppError, type CandidateComparison, type Interval } from '@graft/contracts';
import { mcnemarExact } from '../mcnemar-exact.js';
import { pairedScoreInterval } from '../paired-score-interval.js';
import { wilsonInterval } from '../wilson-interval.js';

export interface Contender {
  readonly candidate: string;
  /** Whether each image was named right; the same images in the same order for all that are compared. */
  readonly right: readonly boolean[];
  /**
   * The candidate whose answers stand for this one's, which were not measured: a pruned network's, before it is trained again.
   * Null: these are its own.
   */
  readonly answersOf: string | null;
  /** Median latency of one image, milliseconds. */
  readonly p50Ms: number;
  readonly sizeBytes: number;
  readonly parameters: number;
}

const count = (right: readonly boolean[]): number => right.reduce((sum, each) => sum + (each ? 1 : 0), 0);

export const accuracyOf = ({ right }: Pick<Contender, 'right'>): Interval =>
  wilsonInterval({ successes: count(right), n: right.length });

export interface Comparison extends CandidateComparison {
  /** Less accurate, and significantly so. */
  readonly isShownWorse: boolean;
  /** More accurate, and significantly so. */
  readonly isShownBetter: boolean;
}

/**
 * One contender beside another on the same images: exact McNemar at level `alpha`, and Tango's score interval of the difference.
 * Each pair is tested by itself, without a correction for how many there are: what is at stake is that a loss goes unseen, and
 * a correction would hide more of them.
 * @throws AppError `invalid_request` unless both answered as many images.
 */
export const compareContenders = (one: Contender, other: Contender, alpha: number): Comparison => {
  if (one.right.length !== other.right.length) {
    throw new AppError(
      'invalid_request',
      `${one.candidate} answered ${one.right.length} images and ${other.candidate} ${other.right.length}: they must be the same`,
    );
  }
  const onlyOne = one.right.filter((right, at) => right && other.right[at] !== true).length;
  const onlyOther = other.right.filter((right, at) => right && one.right[at] !== true).length;
  const mcnemarP = mcnemarExact({ onlyFirst: onlyOne, onlySecond: onlyOther });
  return {
    candidate: other.candidate,
    difference: pairedScoreInterval({
      onlyCandidateRight: onlyOne,
      onlyChampionRight: onlyOther,
      images: one.right.length,
      confidence: 1 - alpha,
    }),
    mcnemarP,
    isShownWorse: onlyOne < onlyOther && mcnemarP <= alpha,
    isShownBetter: onlyOne > onlyOther && mcnemarP <= alpha,
  };
};

/** The most accurate; of several one that was measured, the fastest, the smallest, the first by name. Null where there is none. */
export const mostAccurate = <C extends Contender>(contenders: readonly C[]): C | null =>
  [...contenders].sort(
    (a, b) =>
      count(b.right) / b.right.length - count(a.right) / a.right.length ||
      Number(a.answersOf !== null) - Number(b.answersOf !== null) ||
      a.p50Ms - b.p50Ms ||
      a.sizeBytes - b.sizeBytes ||
      (a.candidate < b.candidate ? -1 : 1),
  )[0] ?? null;

/** Latencies that differ by less are taken for the same: so far they move from one measurement to the next on a quiet machine. */
const SAME_MS = 1.1;

/** The fastest; of those hardly slower, the smallest, then the first by name. Null where there is none. */
export const cheapest = <C extends Contender>(contenders: readonly C[]): C | null => {
  const fastestMs = Math.min(...contenders.map(({ p50Ms }) => p50Ms));
  return (
    contenders
      .filter(({ p50Ms }) => p50Ms <= fastestMs * SAME_MS)
      .sort((a, b) => a.sizeBytes - b.sizeBytes || (a.candidate < b.candidate ? -1 : 1))[0] ?? null
  );
};

/** Whether it is hardly slower and no larger than the other, and faster or smaller. */
export const isCheaper = (one: Contender, other: Contender): boolean =>
  one.p50Ms <= other.p50Ms &&
  one.sizeBytes <= other.sizeBytes &&
  (one.p50Ms * SAME_MS < other.p50Ms || one.sizeBytes < other.sizeBytes);

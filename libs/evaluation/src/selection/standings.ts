/** Where every candidate stands after the probes: front, limits, and beside the most accurate one. */
import type { Interval, SelectionCandidate, SelectionLimits } from '@graft/contracts';
import { accuracyOf, compareContenders, isCheaper, mostAccurate, type Contender } from './contender.js';
import { paretoFront, type FrontPlace } from './pareto-front.js';
import { formatAccuracy, formatBytes, formatMs, formatShare } from './phrases.js';

export type BrokenLimit = SelectionCandidate['excludedBy'][number];

export type Standing = Pick<
  SelectionCandidate,
  'candidate' | 'onFront' | 'dominatedBy' | 'notShownBetterThan' | 'againstBest' | 'excludedBy'
>;

/**
 * The limits that a contender breaks.
 * @param certainty `shown`: less accurate than asked only where the interval's upper end is, since fine-tuning may still gain;
 * `measured`: where the accuracy itself is.
 */
export const brokenLimits = (
  { p50Ms, sizeBytes, ...contender }: Contender,
  limits: SelectionLimits,
  certainty: 'shown' | 'measured',
): BrokenLimit[] => {
  const { maxMs, maxBytes, minAccuracy } = limits;
  const accuracy: Interval = accuracyOf(contender);
  const least = certainty === 'shown' ? accuracy.upper : accuracy.value;
  return [
    ...(maxMs !== undefined && p50Ms > maxMs
      ? [{ limit: 'maxMs' as const, detail: `takes ${formatMs(p50Ms)}, at most ${formatMs(maxMs)} are allowed` }]
      : []),
    ...(maxBytes !== undefined && sizeBytes > maxBytes
      ? [
          {
            limit: 'maxBytes' as const,
            detail: `has ${formatBytes(sizeBytes)}, at most ${formatBytes(maxBytes)} are allowed`,
          },
        ]
      : []),
    ...(minAccuracy !== undefined && least < minAccuracy
      ? [
          {
            limit: 'minAccuracy' as const,
            detail: `names ${formatAccuracy(accuracy)} right, at least ${formatShare(minAccuracy)} are asked for`,
          },
        ]
      : []),
  ];
};

/** Where contenders stand with what was measured of them, in the order given. */
export const frontOf = (contenders: readonly Contender[]): FrontPlace[] =>
  paretoFront(
    contenders.map((one) => ({
      candidate: one.candidate,
      p50Ms: one.p50Ms,
      sizeBytes: one.sizeBytes,
      accuracy: accuracyOf(one).value,
      isMeasured: one.answersOf === null,
    })),
  );

/**
 * In the order given.
 * @throws AppError `invalid_request` unless all answered the same images.
 */
export const standings = (options: {
  readonly contenders: readonly Contender[];
  readonly limits: SelectionLimits;
  readonly alpha: number;
  readonly certainty: 'shown' | 'measured';
}): Standing[] => {
  const { contenders, limits, alpha, certainty } = options;
  const best = mostAccurate(contenders);
  const places = frontOf(contenders);
  return contenders.map((contender, at) => {
    const { onFront = true, dominatedBy = null } = places[at] ?? {};
    const asGood = contenders.filter(
      (other) =>
        other.answersOf === null &&
        isCheaper(other, contender) &&
        !compareContenders(contender, other, alpha).isShownBetter,
    );
    const beside = best === null || best === contender ? null : compareContenders(contender, best, alpha);
    return {
      candidate: contender.candidate,
      onFront,
      dominatedBy,
      notShownBetterThan: onFront ? (mostAccurate(asGood)?.candidate ?? null) : null,
      againstBest:
        beside === null
          ? null
          : { candidate: beside.candidate, difference: beside.difference, mcnemarP: beside.mcnemarP },
      excludedBy: brokenLimits(contender, limits, certainty),
    };
  });
};

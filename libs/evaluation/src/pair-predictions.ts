/** Candidate and champion on the same images: what flipped, by how much they differ, and how sure that is. */
import type { Digest, Paired, Prediction } from '@graft/contracts';
import { holm } from './holm.js';
import { mcnemarExact } from './mcnemar-exact.js';
import { indexLabels, outcomeOf } from './outcome.js';
import { pairedScoreInterval } from './paired-score-interval.js';

/** One image as both models saw it. */
export interface Pair {
  readonly sha256: Digest;
  readonly label: string;
  readonly candidateRight: boolean;
  readonly championRight: boolean;
}

const count = (pairs: readonly Pair[], candidateRight: boolean, championRight: boolean): number =>
  pairs.filter((pair) => pair.candidateRight === candidateRight && pair.championRight === championRight).length;

/**
 * The comparison that pairs add up to. Classes come in the order of `labels`, those without images left out.
 * @param alpha the interval's level is 1 − alpha, two-sided; default 0.05
 */
export const comparePairs = ({
  pairs,
  labels,
  alpha = 0.05,
}: {
  pairs: readonly Pair[];
  labels: readonly string[];
  alpha?: number;
}): Paired => {
  const byLabel = new Map<string, Pair[]>(labels.map((label) => [label, []]));
  for (const pair of pairs) byLabel.get(pair.label)?.push(pair);
  const classes = [...byLabel]
    .filter(([, members]) => members.length > 0)
    .map(([label, members]) => {
      const onlyCandidateRight = count(members, true, false);
      const onlyChampionRight = count(members, false, true);
      const p = mcnemarExact({ onlyFirst: onlyCandidateRight, onlySecond: onlyChampionRight });
      return { label, images: members.length, onlyCandidateRight, onlyChampionRight, p };
    });
  const corrected = holm(classes.map(({ p }) => p));
  const onlyCandidateRight = count(pairs, true, false);
  const onlyChampionRight = count(pairs, false, true);
  const flipped = (candidateRight: boolean): Digest[] =>
    pairs
      .filter((pair) => pair.candidateRight === candidateRight && pair.championRight !== candidateRight)
      .map(({ sha256 }) => sha256)
      .sort();
  return {
    images: pairs.length,
    bothRight: count(pairs, true, true),
    onlyCandidateRight,
    onlyChampionRight,
    bothWrong: count(pairs, false, false),
    difference: pairedScoreInterval({
      onlyCandidateRight,
      onlyChampionRight,
      images: pairs.length,
      confidence: 1 - alpha,
    }),
    mcnemarP: mcnemarExact({ onlyFirst: onlyCandidateRight, onlySecond: onlyChampionRight }),
    perClass: classes.map((entry, index) => ({ ...entry, pHolm: corrected[index] ?? 1 })),
    fixed: flipped(true),
    broken: flipped(false),
  };
};

/**
 * Pairs the predictions of two artifacts by image. `labels` are the candidate's; labels are append-only, so the
 * champion's are the first of them. Left out: images that only one of them has, and images whose label the champion
 * doesn't know. The caller leaves out what the champion saw in training.
 * @throws AppError `invalid_request` when an image's label is none of `labels`.
 */
export const pairPredictions = ({
  candidate,
  champion,
  labels,
  alpha = 0.05,
}: {
  candidate: readonly Prediction[];
  champion: readonly Prediction[];
  labels: readonly string[];
  alpha?: number;
}): Paired => {
  const labelIndex = indexLabels(labels);
  const byImage = new Map(champion.map((prediction) => [prediction.sha256, prediction]));
  const pairs = candidate.flatMap((prediction): Pair[] => {
    const other = byImage.get(prediction.sha256);
    if (!other) return [];
    const ours = outcomeOf(prediction, labelIndex);
    if (ours.truth >= other.probabilities.length) return [];
    const championRight = outcomeOf({ ...other, label: prediction.label }, labelIndex).right;
    return [{ sha256: prediction.sha256, label: prediction.label, candidateRight: ours.right, championRight }];
  });
  return comparePairs({ pairs, labels, alpha });
};

/** Roughly how many test images a verdict would take, if the models went on to differ as they do so far. */
import { pairedScoreInterval, type PairedCounts } from './paired-score-interval.js';

/** Beyond this no one waits for more images. */
const LARGEST = 10_000_000;

/**
 * The number of images at which the interval's lower bound would reach −margin, the rates of disagreement staying as
 * they are; null where the difference itself lies below the margin, since then more images would not show it.
 */
export const imagesNeededForMargin = ({
  margin,
  confidence,
  ...counts
}: PairedCounts & { margin: number; confidence: number }): number | null => {
  const { onlyCandidateRight, onlyChampionRight, images } = counts;
  if (images === 0) return null;
  const lowerBoundAt = (n: number): number =>
    pairedScoreInterval({
      onlyCandidateRight: (onlyCandidateRight * n) / images,
      onlyChampionRight: (onlyChampionRight * n) / images,
      images: n,
      confidence,
    }).lower;
  let high = images;
  while (lowerBoundAt(high) < -margin) {
    high *= 2;
    if (high > LARGEST) return null;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (lowerBoundAt(middle) < -margin) low = middle;
    else high = middle;
  }
  return high;
};

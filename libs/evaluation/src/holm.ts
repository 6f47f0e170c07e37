/**
 * Holm's step-down correction: the chance of one false alarm among all tests stays at the level, with more power than
 * Bonferroni's. Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6 (1979).
 */

/** Adjusted p-values, in the order given; each is at least its own and at most 1. */
export const holm = (pValues: readonly number[]): number[] => {
  const ascending = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  ascending.forEach(({ p, index }, rank) => {
    largest = Math.max(largest, Math.min(1, p * (pValues.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
};

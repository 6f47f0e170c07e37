import { createRandom, shuffledIndices } from '../random.js';

/**
 * At most `limit` of the items, spread over their labels: one of each label in turn, for as long as it has some. The same
 * items in the same order, and the same seed, give the same sample.
 */
export const spreadSample = <T>(
  items: readonly T[],
  { labelOf, limit, seed }: { labelOf: (item: T) => string; limit: number; seed: number },
): T[] => {
  const random = createRandom(seed);
  const byLabel = new Map<string, T[]>();
  for (const item of items) {
    const label = labelOf(item);
    const group = byLabel.get(label);
    if (group) group.push(item);
    else byLabel.set(label, [item]);
  }
  const groups = [...byLabel.values()].map((group) =>
    [...shuffledIndices(group.length, random)].flatMap((at) => group.slice(at, at + 1)),
  );
  const deepest = Math.max(0, ...groups.map(({ length }) => length));
  const rounds = Array.from({ length: deepest }, (_, round) =>
    groups.flatMap((group) => group.slice(round, round + 1)),
  );
  return rounds.flat().slice(0, limit);
};

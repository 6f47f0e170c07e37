/**
 * Gives a small dataset the test and val split that its groups' hashes left empty. With 24 images and a val share of 0.1
 * the hashes leave val empty once in 13 datasets, and nothing could be trained. The rule belongs to the first sight
 * of an image: only groups that just landed move, from train, before they are stored; those nearest to the share go first.
 */
import type { ManifestImage, Split } from '@graft/contracts';
import { groupKeyOf, positionOf, type SplitShares } from './splits.js';

/** Training needs two images of each label; a group may only leave if so many stay. */
const MIN_TRAIN_PER_LABEL = 2;

const countTrain = (images: readonly ManifestImage[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { label, split } of images) if (split === 'train') counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
};

const mayMove = ({ fixedSplit }: ManifestImage, to: Split): boolean =>
  // Where train is fixed, val may be carved from it; test never.
  fixedSplit === undefined || (fixedSplit === 'train' && to === 'val');

/**
 * The added images, with one group of them moved from train into each of test and val that would have no image at all
 * though its share is above 0. Where no group can be spared, nothing moves.
 * @param settled keys of groups whose split was stored once, though no image of `parent` is in them
 */
export const fillEmptySplits = ({
  parent,
  settled = new Set(),
  added,
  shares,
}: {
  parent: readonly ManifestImage[];
  settled?: ReadonlySet<string>;
  added: readonly ManifestImage[];
  shares: SplitShares;
}): ManifestImage[] => {
  const storedGroups = new Set([...parent.map(groupKeyOf), ...settled]);
  let images = [...added];
  for (const [to, share] of [
    ['test', shares.testShare],
    ['val', shares.valShare],
  ] as const) {
    if (share === 0 || [...parent, ...images].some(({ split }) => split === to)) continue;
    const groups = new Map<string, ManifestImage[]>();
    for (const image of images) {
      const members = groups.get(groupKeyOf(image));
      if (members) members.push(image);
      else groups.set(groupKeyOf(image), [image]);
    }
    const train = countTrain([...parent, ...images]);
    const chosen = [...groups]
      .filter(([key, members]) => {
        const leaving = countTrain(members);
        return (
          !storedGroups.has(key) &&
          members.every((image) => image.split === 'train' && mayMove(image, to)) &&
          [...leaving].every(([label, count]) => (train.get(label) ?? 0) - count >= MIN_TRAIN_PER_LABEL)
        );
      })
      .sort(([a], [b]) => positionOf(a) - positionOf(b))[0]?.[0];
    if (chosen === undefined) continue;
    images = images.map((image) => (groupKeyOf(image) === chosen ? { ...image, split: to } : image));
  }
  return images;
};

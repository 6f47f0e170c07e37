/**
 * What a split fixed by its uploader (a `train`, `val` or `test` folder) comes to. With only train and val, as many
 * published datasets have it, val is the test split, and a new val is carved from train, since early stopping reads val.
 */
import type { LandedImage, ManifestImage, Split } from '@graft/contracts';
import { carveVal, type SplitShares } from './splits.js';

export interface FixedSplitRules {
  /** `test` for a dataset whose uploaders fix train and val alone. */
  readonly valBecomes: 'val' | 'test';
  /** Whether the dataset has, or now gets, images that their uploaders fixed for val and that are val: train is carved no more. */
  readonly valIsFixed: boolean;
  /** Whether val was the test split once: an image fixed for val that belongs with one of those is tested on as well. */
  readonly valWasTest: boolean;
}

type Stored = Pick<ManifestImage, 'fixedSplit' | 'split' | 'sha256'>;
/** `storedSplit`: of an image that comes back; it has that one, whatever the rules. */
type Arriving = Pick<LandedImage, 'split' | 'sha256'> & { readonly storedSplit?: Split };

const fixedFor =
  (fixed: Split, split?: Split) =>
  (image: Pick<ManifestImage, 'fixedSplit' | 'split'>): boolean =>
    image.fixedSplit === fixed && (split === undefined || image.split === split);

/**
 * The rules for what a landing brings. A fixed val becomes test only for as long as no uploader has fixed a test split; from then
 * on what is newly seen in val is val. An image seen before keeps its split: one that was tested on is never trained on.
 * @param remembered images that the dataset holds no more and whose split still counts
 */
export const fixedSplitRules = ({
  parent,
  remembered = [],
  landed,
}: {
  readonly parent: readonly Stored[];
  readonly remembered?: readonly Stored[];
  readonly landed: readonly Arriving[];
}): FixedSplitRules => {
  const hasTest = parent.some(fixedFor('test')) || landed.some(({ split }) => split === 'test');
  // Val that is val has had a fixed test beside it: more of it doesn't become test when that is taken out.
  const hasVal = parent.some(fixedFor('val', 'val'));
  const seen = new Set(parent.map(({ sha256 }) => sha256));
  const getsVal = landed.some(
    ({ split, storedSplit, sha256 }) =>
      split === 'val' && (storedSplit === undefined ? hasTest && !seen.has(sha256) : storedSplit === 'val'),
  );
  return {
    valBecomes: hasTest || hasVal ? 'val' : 'test',
    valIsFixed: hasVal || getsVal,
    valWasTest: [...parent, ...remembered].some(fixedFor('val', 'test')),
  };
};

/** The split that a fixed one comes to. Train gives up val's share only where no uploader's val is there to be val. */
export const resolveFixedSplit = (
  image: Pick<LandedImage, 'group' | 'pixelSha256'>,
  fixed: Split,
  context: { rules: FixedSplitRules; shares: SplitShares },
): Split => {
  if (fixed === 'val') return context.rules.valBecomes;
  if (fixed === 'test') return 'test';
  return context.rules.valIsFixed ? 'train' : carveVal(image, context.shares);
};

export interface FixedSplitCounts {
  /** Images whose uploaders fixed val, and that are the dataset's test split. */
  readonly valAsTest: number;
  /** Images whose uploaders fixed train, whatever they are. */
  readonly train: number;
  /** Images whose uploaders fixed train, and that are val. */
  readonly trainAsVal: number;
  /** Images whose uploaders fixed test. */
  readonly test: number;
}

/** What the splits that uploaders fixed came to in a version. */
export const countFixedSplits = (images: readonly Pick<ManifestImage, 'fixedSplit' | 'split'>[]): FixedSplitCounts => ({
  valAsTest: images.filter(fixedFor('val', 'test')).length,
  train: images.filter(fixedFor('train')).length,
  trainAsVal: images.filter(fixedFor('train', 'val')).length,
  test: images.filter(fixedFor('test')).length,
});

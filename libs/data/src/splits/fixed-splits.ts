/**
 * What a split fixed by its uploader (a `train`, `val` or `test` folder) comes to. With only train and val, as many
 * published datasets have it, val is the test split, and a new val is carved from train, since early stopping reads val.
 */
import type { LandedImage, ManifestImage, Split } from '@graft/contracts';
import { carveVal, type SplitShares } from './splits.js';

export interface FixedSplitRules {
  /** `test` for a dataset whose uploaders fix train and val alone. */
  readonly valBecomes: 'val' | 'test';
}

/**
 * The rules of a dataset. What an earlier version decided stays, even if a test folder comes later: an image that was
 * tested on is never trained on.
 */
export const fixedSplitRules = (
  parent: readonly Pick<ManifestImage, 'fixedSplit' | 'split'>[],
  landed: readonly Pick<LandedImage, 'split'>[],
): FixedSplitRules => {
  const earlier = parent.filter(({ fixedSplit }) => fixedSplit === 'val');
  if (earlier.some(({ split }) => split === 'test')) return { valBecomes: 'test' };
  if (earlier.length > 0 || parent.some(({ fixedSplit }) => fixedSplit === 'test')) return { valBecomes: 'val' };
  return { valBecomes: landed.some(({ split }) => split === 'test') ? 'val' : 'test' };
};

/** The split that a fixed one comes to. Train gives up val's share only where no uploader's val is there to be val. */
export const resolveFixedSplit = (
  image: Pick<LandedImage, 'group' | 'pixelSha256'>,
  fixed: Split,
  context: { rules: FixedSplitRules; valIsFixed: boolean; shares: SplitShares },
): Split => {
  if (fixed === 'val') return context.rules.valBecomes;
  if (fixed === 'test') return 'test';
  return context.valIsFixed ? 'train' : carveVal(image, context.shares);
};

/** Whether the dataset has, or now gets, a val split that its uploaders fixed. */
export const hasFixedVal = (
  parent: readonly Pick<ManifestImage, 'fixedSplit' | 'split'>[],
  landed: readonly Pick<LandedImage, 'split'>[],
  rules: FixedSplitRules,
): boolean =>
  rules.valBecomes === 'val' &&
  (parent.some(({ fixedSplit }) => fixedSplit === 'val') || landed.some(({ split }) => split === 'val'));

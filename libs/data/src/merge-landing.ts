/**
 * The heart of ingestion, pure: joins what landed to what the parent version holds. The same parent and landing give the
 * same version, in whatever order objects arrived. A stored image's split never changes.
 */
import {
  AppError,
  type DatasetRoot,
  type LandedImage,
  type ManifestImage,
  type QuarantineEntry,
  type QuarantineReason,
  type Split,
} from '@graft/contracts';
import { fillEmptySplits } from './fill-empty-splits.js';
import { fixedSplitRules, hasFixedVal, resolveFixedSplit } from './fixed-splits.js';
import { separateLabelConflicts } from './label-conflicts.js';
import { createNearDuplicateIndex, type NearDuplicateIndex, type Representative } from './near-duplicates.js';
import { chooseSplit, groupKeyOf, type SplitShares } from './splits.js';

export interface MergedLanding {
  /** Every image of the new version, in ascending order of sha256. */
  readonly images: ManifestImage[];
  /** The parent's labels, then the new ones in order. */
  readonly labels: string[];
  /** Images that the parent doesn't have. */
  readonly newImages: number;
  /** Landed objects whose image (bytes or pixels) is there already under the same label. */
  readonly duplicates: number;
  /** What the joining left out; the caller adds what inspection left out. In ascending order of key. */
  readonly quarantine: QuarantineEntry[];
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const bySha = (a: { sha256: string }, b: { sha256: string }): number => byText(a.sha256, b.sha256);

/** A group that an image was given for being nearly another: it is no representative itself. */
const isBorrowed = ({ group, pixelSha256 }: { group: string | null; pixelSha256: string }): boolean =>
  group !== null && group !== pixelSha256 && /^[0-9a-f]{64}$/.test(group);

const toRepresentative = (image: ManifestImage): Representative => ({ ...image, groupKey: groupKeyOf(image) });

/** The near-duplicates of a growing set. Built at the first search: a landing whose images all name their group has none. */
const createSearch = (images: ReadonlyMap<string, ManifestImage>) => {
  let index: NearDuplicateIndex | null = null;
  const note = (image: ManifestImage): void => {
    if (!isBorrowed(image)) index?.add(toRepresentative(image));
  };
  return {
    /** Tells of an image that joined the set. */
    note,
    find: (image: LandedImage): Representative[] => {
      if (!index) {
        index = createNearDuplicateIndex();
        for (const known of images.values()) note(known);
      }
      return index.find(image);
    },
  };
};

const entryOf = (image: LandedImage, reason: QuarantineReason, detail: string): QuarantineEntry => ({
  key: image.key,
  etag: image.etag,
  sha256: image.sha256,
  reason,
  detail,
});

/**
 * Test first, so that a picture that lies in a test folder and in a train folder is tested on and not trained on; then
 * explicit groups before images that look for one.
 */
const RANK: Readonly<Record<Split | 'none', number>> = { test: 0, val: 1, train: 2, none: 3 };

/**
 * @param parent the version to grow; null for a dataset's first
 * @param landed sound images that landed since, in any order
 * @param policy shares of groups for test and val, for images whose split nobody fixed
 */
export const mergeLanding = ({
  dataset,
  parent,
  landed,
  policy,
}: {
  dataset: string;
  parent: { readonly root: Pick<DatasetRoot, 'dataset' | 'labels'>; readonly images: readonly ManifestImage[] } | null;
  landed: readonly LandedImage[];
  policy: SplitShares;
}): MergedLanding => {
  if (parent && parent.root.dataset !== dataset) {
    throw new AppError(
      'internal',
      `a landing of dataset "${dataset}" can't be joined to a version of "${parent.root.dataset}"`,
    );
  }
  const parentImages = parent?.images ?? [];
  const { sound, withdrawn, quarantine } = separateLabelConflicts(parentImages, landed);
  const rules = fixedSplitRules(parentImages, landed);
  const valIsFixed = hasFixedVal(parentImages, landed, rules);

  const images = new Map<string, ManifestImage>();
  const byPixels = new Map<string, ManifestImage>();
  const splitOfGroup = new Map<string, Split>();
  for (const image of parentImages) {
    splitOfGroup.set(groupKeyOf(image), image.split);
    if (withdrawn.has(image.sha256)) continue;
    images.set(image.sha256, image);
    byPixels.set(image.pixelSha256, image);
  }
  const nearDuplicates = createSearch(images);
  const added: ManifestImage[] = [];
  let duplicates = 0;

  const leak = (image: LandedImage, wanted: Split | null, stored: Split, what: string): boolean => {
    if (wanted === null || (wanted === 'test') === (stored === 'test')) return false;
    quarantine.push(
      entryOf(
        image,
        'leaks_into_test',
        `landed for ${image.split}, but ${what} is in ${stored}: an image is trained on or tested on, never both`,
      ),
    );
    return true;
  };

  const inOrder = [...sound].sort(
    (a, b) =>
      RANK[a.split ?? 'none'] - RANK[b.split ?? 'none'] ||
      Number(a.group === null) - Number(b.group === null) ||
      bySha(a, b) ||
      byText(a.key, b.key),
  );
  for (const image of inOrder) {
    const wanted = image.split ? resolveFixedSplit(image, image.split, { rules, valIsFixed, shares: policy }) : null;
    const same = images.get(image.sha256) ?? byPixels.get(image.pixelSha256);
    if (same) {
      if (!leak(image, wanted, same.split, `the same picture (${same.key})`)) duplicates++;
      continue;
    }
    const near = image.group === null ? nearDuplicates.find(image) : [];
    const [nearest] = near;
    const bridged = near.find(({ split }) => split !== nearest?.split);
    if (nearest && bridged) {
      const detail = `nearly the same picture as ${nearest.key} in ${nearest.split} and as ${bridged.key} in ${bridged.split}: give them one group if they belong together`;
      quarantine.push(entryOf(image, 'bridges_splits', detail));
      continue;
    }
    const group = image.group ?? nearest?.groupKey ?? null;
    const groupKey = groupKeyOf({ group, pixelSha256: image.pixelSha256 });
    const stored = splitOfGroup.get(groupKey) ?? nearest?.split;
    if (
      stored &&
      leak(image, wanted, stored, nearest ? `a near-duplicate (${nearest.key})` : `its group "${groupKey}"`)
    ) {
      continue;
    }
    const split = stored ?? wanted ?? chooseSplit({ group, pixelSha256: image.pixelSha256 }, policy);
    const { etag: _etag, split: fixedSplit, ...facts } = image;
    const kept: ManifestImage = { ...facts, group, split, ...(fixedSplit ? { fixedSplit } : {}) };
    images.set(kept.sha256, kept);
    byPixels.set(kept.pixelSha256, kept);
    splitOfGroup.set(groupKey, split);
    added.push(kept);
    // One that was joined by nearness stands for no one: no chains.
    if (!nearest) nearDuplicates.note(kept);
  }

  const final = fillEmptySplits({ parent: parentImages, added, shares: policy });
  for (const image of final) images.set(image.sha256, image);
  const labels = parent?.root.labels ?? [];
  const newLabels = new Set(final.map(({ label }) => label).filter((label) => !labels.includes(label)));
  return {
    images: [...images.values()].sort(bySha),
    labels: [...labels, ...[...newLabels].sort(byText)],
    newImages: final.length,
    duplicates,
    quarantine: quarantine.sort((a, b) => byText(a.key, b.key)),
  };
};

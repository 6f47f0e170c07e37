/**
 * The heart of ingestion, pure: joins what landed to what the parent version holds. The same parent and landing give the
 * same version, in whatever order objects arrived. A stored image's split never changes.
 */
import {
  AppError,
  createLabelNamer,
  type DatasetRoot,
  type ManifestImage,
  type QuarantineEntry,
  type Split,
  type TakenOut,
} from '@graft/contracts';
import { separateAmbiguousLabels } from './ambiguous-labels.js';
import { fillEmptySplits } from '../splits/fill-empty-splits.js';
import { fixedSplitRules, resolveFixedSplit } from '../splits/fixed-splits.js';
import { separateLabelConflicts } from './label-conflicts.js';
import { createHeldPictures, type HeldPictures } from './held-pictures.js';
import { bySha, byText } from '../order.js';
import { toEntry, toWithdrawnEntry, toWithdrawnImage, type Arrival } from './quarantine-entry.js';
import { groupKeyOf, chooseSplit, type SplitShares } from '../splits/splits.js';
import { separateTakenOut } from '../versions/taken-out.js';
import { giveKnownGroups, stillWaiting } from './waiting-pictures.js';

export interface MergedLanding {
  /** Every image of the new version, in ascending order of sha256. */
  readonly images: ManifestImage[];
  /** The parent's labels, then the new ones in order. */
  readonly labels: string[];
  /** Images that landed, or that a correction took in from the quarantine, and are in the new version. */
  readonly newImages: number;
  /** Landed objects whose image (bytes or pixels) is there already under the same label. */
  readonly duplicates: number;
  /** What the joining left out; the caller adds what inspection left out. In ascending order of key. */
  readonly quarantine: QuarantineEntry[];
  /** Of what waited: what waits still, its picture not taken in under another key. */
  readonly waiting: QuarantineEntry[];
}

export interface MergeParent {
  readonly root: Pick<DatasetRoot, 'dataset' | 'labels' | 'renamed'>;
  readonly images: readonly ManifestImage[];
}

/**
 * Test first, so that a picture that lies in a test folder and in a train folder is tested on and not trained on; then
 * explicit groups before images that look for one.
 */
const RANK: Readonly<Record<Split | 'none', number>> = { test: 0, val: 1, train: 2, none: 3 };

const crosses = (a: Split, b: Split): boolean => (a === 'test') !== (b === 'test');

/** What keeps an image from having its split back: a group or a picture that is held and is on the other side of the test. */
const findCrossed = (held: HeldPictures, image: ManifestImage): { what: string; split: Split } | null => {
  const groupKey = groupKeyOf(image);
  const group = held.splitOfGroup(groupKey);
  if (group !== undefined && crosses(group, image.split)) return { what: `its group "${groupKey}"`, split: group };
  if (image.group !== null) return null;
  const near = held.near(image).find((each) => held.isHeld(each) && crosses(each.split, image.split));
  return near === undefined ? null : { what: `a near-duplicate (${near.key})`, split: near.split };
};

/** Assigned to, since V8 makes a copy of a spread with properties after it a dictionary: four times the memory. */
const toManifestImage = (
  { etag: _etag, split: fixedSplit, storedSplit: _storedSplit, ...facts }: Arrival,
  decided: Pick<ManifestImage, 'group' | 'split'>,
): ManifestImage => Object.assign(facts, decided, fixedSplit ? { fixedSplit } : {});

export interface LandingMerge {
  readonly dataset: string;
  /** The version to grow, corrections taken in; null for a dataset's first. */
  readonly parent: MergeParent | null;
  /** Sound images that landed since, and those that corrections take in from the quarantine, in any order. */
  readonly landed: readonly Arrival[];
  /** Shares of groups for test and val, for images whose split nobody fixed. */
  readonly policy: SplitShares;
  /** What corrections took out: it stays out, and its split holds for what belongs with it. */
  readonly takenOut?: TakenOut['images'];
  /** What is in the quarantine: an image that a version withdrew has its split still, for itself and its like; a group holds. */
  readonly waiting?: readonly QuarantineEntry[];
  /** sha256 of images of `parent` that corrections put back: left out where they would now be trained on and tested on. */
  readonly returning?: ReadonlySet<string>;
}

/** Images between two steps: some milliseconds, in a large dataset. */
const STEP_IMAGES = 256;

/**
 * Joins a landing in small steps: large ones take seconds, in which who drives them may have something else to do. What it returns
 * depends on its input alone.
 */
export function* mergeInSteps({
  dataset,
  parent,
  landed,
  policy,
  takenOut = [],
  waiting = [],
  returning = new Set(),
}: LandingMerge): Generator<void, MergedLanding> {
  if (parent && parent.root.dataset !== dataset) {
    throw new AppError(
      'internal',
      `a landing of dataset "${dataset}" can't be joined to a version of "${parent.root.dataset}"`,
    );
  }
  const parentImages = parent?.images ?? [];
  const labels = parent?.root.labels ?? [];
  const nameOf = createLabelNamer({ labels, renamed: parent?.root.renamed });
  const named = giveKnownGroups(landed, waiting).map((image): Arrival => {
    const label = nameOf(image.label);
    return label === image.label ? image : { ...image, label };
  });
  const kept = separateTakenOut({ parent: parentImages, takenOut, landed: named });
  const unambiguous = separateAmbiguousLabels(labels, kept.landed);
  const { sound, withdrawn, quarantine: conflicts } = separateLabelConflicts(parentImages, unambiguous.clear);
  const quarantine = [...kept.quarantine, ...unambiguous.quarantine, ...conflicts];

  const staying = parentImages.filter(({ sha256 }) => !withdrawn.has(sha256));
  const remembered = [
    ...takenOut,
    ...parentImages.filter(({ sha256 }) => withdrawn.has(sha256)),
    ...waiting.flatMap((entry) => toWithdrawnImage(entry) ?? []),
    ...named.flatMap((image) => toWithdrawnImage(toEntry(image, 'label_conflict', '')) ?? []),
  ];
  const rules = fixedSplitRules({ parent: parentImages, remembered, landed: named });
  const held = createHeldPictures(
    staying.filter(({ sha256 }) => !returning.has(sha256)),
    remembered,
  );
  for (const image of staying.filter(({ sha256 }) => returning.has(sha256))) {
    const crossed = findCrossed(held, image);
    if (crossed === null) held.keep(image, 'represents');
    else {
      const detail = `put back into ${image.split}, but ${crossed.what} has come to be in ${crossed.split} since: an image is trained on or tested on, never both`;
      quarantine.push(toWithdrawnEntry(image, 'leaks_into_test', detail));
    }
  }

  const leak = (image: Arrival, wanted: Split | null, stored: Split, what: string): boolean => {
    if (wanted === null || !crosses(wanted, stored)) return false;
    if (image.split === 'val' && stored === 'test' && rules.valWasTest) return false;
    const from = image.split === null ? `was in ${wanted}` : `landed for ${image.split}`;
    const detail = `${from}, but ${what} is in ${stored}: an image is trained on or tested on, never both`;
    quarantine.push(toEntry(image, 'leaks_into_test', detail));
    return true;
  };
  const inOrder = [...sound].sort(
    (a, b) =>
      Number(a.storedSplit === undefined) - Number(b.storedSplit === undefined) ||
      RANK[a.split ?? 'none'] - RANK[b.split ?? 'none'] ||
      Number(a.group === null) - Number(b.group === null) ||
      bySha(a, b) ||
      byText(a.key, b.key),
  );
  const added: ManifestImage[] = [];
  const settled = new Set<string>();
  let duplicates = 0;
  for (const [at, image] of inOrder.entries()) {
    if (at % STEP_IMAGES === STEP_IMAGES - 1) yield;
    const asked = image.split ? resolveFixedSplit(image, image.split, { rules, shares: policy }) : null;
    const had = image.storedSplit ?? held.splitOnceHad(image);
    const wanted = had ?? asked;
    const same = held.same(image);
    if (same) {
      if (!leak(image, asked, same.split, `the same picture (${same.key})`)) duplicates++;
      continue;
    }
    if (had !== undefined && leak(image, asked, had, 'the same picture has been in the dataset before, and')) continue;
    const near = image.group === null ? held.near(image) : [];
    const [nearest] = near;
    const bridged = near.find(({ split }) => split !== nearest?.split);
    if (nearest && bridged) {
      const detail = `nearly the same picture as ${nearest.key} in ${nearest.split} and as ${bridged.key} in ${bridged.split}: give them one group if they belong together`;
      quarantine.push(toEntry(image, 'bridges_splits', detail));
      continue;
    }
    const joins = nearest !== undefined && (had === undefined || had === nearest.split) ? nearest : null;
    const group = image.group ?? joins?.groupKey ?? null;
    const groupKey = groupKeyOf({ group, pixelSha256: image.pixelSha256 });
    if (had !== undefined || held.wasGroup(groupKey)) settled.add(groupKey);
    const ofGroup = held.splitOfGroup(groupKey);
    const stored = ofGroup ?? nearest?.split;
    const what = nearest ? `a near-duplicate (${nearest.key})` : `its group "${groupKey}"`;
    if (stored && leak(image, wanted, stored, what)) continue;
    const split = ofGroup ?? had ?? stored ?? wanted ?? chooseSplit({ group, pixelSha256: image.pixelSha256 }, policy);
    const kept = toManifestImage(image, { group, split });
    held.keep(kept, joins === null ? 'represents' : 'joined');
    added.push(kept);
  }

  const final = fillEmptySplits({ parent: parentImages, settled, added, shares: policy });
  const images = new Map(held.images);
  for (const image of final) images.set(image.sha256, image);
  const known = new Set(labels);
  const newLabels = new Set([...images.values()].map(({ label }) => label).filter((label) => !known.has(label)));
  return {
    images: [...images.values()].sort(bySha),
    labels: [...labels, ...[...newLabels].sort(byText)],
    newImages: final.length,
    duplicates,
    quarantine: quarantine.sort((a, b) => byText(a.key, b.key) || byText(a.sha256 ?? '', b.sha256 ?? '')),
    waiting: stillWaiting(waiting, final),
  };
}

/** Joins a landing at once. */
export const mergeLanding = (options: LandingMerge): MergedLanding => {
  const steps = mergeInSteps(options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
};

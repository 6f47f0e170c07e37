/**
 * Images that were given two labels. Where a person has said which is right, what says otherwise is left out alone; where
 * nobody has, which is right can't be known, so every one of them is left out and reported.
 */
import type { ManifestImage, QuarantineEntry } from '@graft/contracts';
import { byText } from '../order.js';
import { toEntry, toWithdrawnEntry, type Arrival } from './quarantine-entry.js';

export interface LabelConflicts {
  /** Landed images that no other contradicts. */
  readonly sound: Arrival[];
  /** sha256 of images of the parent version that the new version leaves out. */
  readonly withdrawn: ReadonlySet<string>;
  readonly quarantine: QuarantineEntry[];
}

type Claim = Pick<ManifestImage, 'sha256' | 'pixelSha256' | 'label' | 'key' | 'correction'>;

/** Claims that are named in a message. */
const NAMED = 3;

/** The label of the latest correction among claims on one picture; null where nobody has corrected it. */
const decidedLabel = (claims: readonly Claim[]): string | null => {
  let decided: Claim | null = null;
  for (const claim of claims) {
    if (claim.correction !== undefined && claim.correction > (decided?.correction ?? 0)) decided = claim;
  }
  return decided?.label ?? null;
};

/**
 * Splits off what contradicts itself: images of the same bytes or the same pixels with different labels, in the landing
 * or between it and the parent. The outcome doesn't depend on the order of arrival.
 */
export const separateLabelConflicts = (
  parent: readonly ManifestImage[],
  landed: readonly Arrival[],
): LabelConflicts => {
  const pixelsOf = new Map(parent.map(({ sha256, pixelSha256 }) => [sha256, pixelSha256]));
  // The same bytes are the same picture, even where another decoder once gave other pixels.
  const pictureOf = ({ sha256, pixelSha256 }: Claim): string => pixelsOf.get(sha256) ?? pixelSha256;
  const claims = new Map<string, Claim[]>();
  for (const image of landed) {
    const picture = pictureOf(image);
    const claimed = claims.get(picture);
    if (claimed) claimed.push(image);
    else claims.set(picture, [image]);
  }
  const stored: ManifestImage[] = [];
  for (const image of parent) {
    const claimed = claims.get(image.pixelSha256);
    if (!claimed) continue;
    claimed.push(image);
    stored.push(image);
  }

  /** Of pictures that were given more than one label: the one that a correction decided, or null. */
  const disputed = new Map<string, string | null>();
  for (const [picture, claimed] of claims) {
    if (claimed.some(({ label }) => label !== claimed[0]?.label)) disputed.set(picture, decidedLabel(claimed));
  }
  const isContradicted = (image: Claim): boolean => {
    const decided = disputed.get(pictureOf(image));
    return decided !== undefined && decided !== image.label;
  };
  const detailOf = (image: Claim): string => {
    const picture = pictureOf(image);
    const others = (claims.get(picture) ?? [])
      .filter(({ label }) => label !== image.label)
      .sort((a, b) => byText(a.label, b.label) || byText(a.key, b.key));
    const named = others
      .slice(0, NAMED)
      .map(({ key, label, correction }) =>
        correction === undefined ? `"${label}" as ${key}` : `"${label}" (${key}) by correction ${correction}`,
      )
      .join(', ');
    return `labelled "${image.label}", and ${named}: a correction says which is right (./graft data relabel)`;
  };
  const withdrawn = stored.filter(isContradicted);
  return {
    sound: landed.filter((image) => !isContradicted(image)),
    withdrawn: new Set(withdrawn.map(({ sha256 }) => sha256)),
    quarantine: [
      ...landed.filter(isContradicted).map((image) => toEntry(image, 'label_conflict', detailOf(image))),
      ...withdrawn.map((image) => toWithdrawnEntry(image, 'label_conflict', detailOf(image))),
    ],
  };
};

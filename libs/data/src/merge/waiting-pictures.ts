/** What waits in the quarantine when something lands: the groups that its pictures named, and what a landing ends the wait of. */
import type { ManifestImage, QuarantineEntry, QuarantineReason } from '@graft/contracts';
import { isBorrowed } from './held-pictures.js';
import type { Arrival } from './quarantine-entry.js';

type Identity = Pick<ManifestImage, 'sha256' | 'pixelSha256'>;

/** What keeps a picture out no longer once it is in, under whatever key. Two labels, or a correction, are another matter. */
const ENDED_BY_TAKING_IN: ReadonlySet<QuarantineReason> = new Set([
  'leaks_into_test',
  'bridges_splits',
  'ambiguous_label',
]);

/**
 * Gives an image that lands without a group the one that its picture (the same bytes, else the same pixels) named before, in the
 * quarantine or in the same landing: left out for its group, it can't come in by landing again without it. Of several groups,
 * the first in text order, so that the order of arrival decides nothing.
 */
export const giveKnownGroups = (landed: readonly Arrival[], waiting: readonly QuarantineEntry[]): Arrival[] => {
  const groups = new Map<string, string>();
  for (const image of [...landed, ...waiting.flatMap(({ image }) => image ?? [])]) {
    const { group } = image;
    // One that it was given for being nearly another isn't its own: it looks for one again.
    if (group === null || isBorrowed(image)) continue;
    for (const picture of [image.sha256, image.pixelSha256]) {
      const known = groups.get(picture);
      if (known === undefined || group < known) groups.set(picture, group);
    }
  }
  if (groups.size === 0) return [...landed];
  return landed.map((image) => {
    if (image.group !== null) return image;
    const group = groups.get(image.sha256) ?? groups.get(image.pixelSha256);
    return group === undefined ? image : { ...image, group };
  });
};

/** What waits still once images were taken in: not the same pictures under other keys. */
export const stillWaiting = (waiting: readonly QuarantineEntry[], takenIn: readonly Identity[]): QuarantineEntry[] => {
  const pictures = new Set(takenIn.flatMap(({ sha256, pixelSha256 }) => [sha256, pixelSha256]));
  return waiting.filter(
    ({ reason, image }) =>
      image === undefined ||
      !ENDED_BY_TAKING_IN.has(reason) ||
      !(pictures.has(image.sha256) || pictures.has(image.pixelSha256)),
  );
};

import { findLabelTwin, sayLabelTwin } from '@graft/contracts';
import type { CorrectedDataset } from './corrected-dataset.js';

/** Why a rename of a label that isn't there changes nothing. */
export const NO_LABEL = 'the dataset has no such label';

/**
 * Gives a label another name at its index. Onto a label that is there it merges the two: images go over, and the old name
 * stays at its index without images, since labels are append-only in a signature.
 * @returns null where it was carried out, else why it changes nothing
 */
export const renameLabel = (dataset: CorrectedDataset, { from, to }: { from: string; to: string }): string | null => {
  const { labels, renamed, images, takenOut, reinstated } = dataset;
  const at = labels.indexOf(from);
  if (at < 0) return NO_LABEL;
  if (from === to) return 'it has this name already';
  if (renamed.has(from)) return `it was merged into "${renamed.get(from)}" and has no images`;
  const twin = findLabelTwin(
    to,
    [...labels, ...dataset.given].filter((label) => label !== from),
  );
  if (twin !== null) return sayLabelTwin(to, twin);
  if (!labels.includes(to)) labels[at] = to;

  for (const [old, name] of renamed) if (name === from) renamed.set(old, to);
  // A name that was given up is in use again.
  renamed.delete(to);
  renamed.set(from, to);

  for (const [sha256, image] of images) if (image.label === from) images.set(sha256, { ...image, label: to });
  for (const [sha256, image] of takenOut) if (image.label === from) takenOut.set(sha256, { ...image, label: to });
  for (const [pixels, image] of reinstated) if (image.label === from) reinstated.set(pixels, { ...image, label: to });
  return null;
};

import { findLabelTwin, sayLabelTwin } from '@graft/contracts';
import type { CorrectedDataset } from './corrected-dataset.js';

/** Why a rename of a label that isn't there changes nothing. */
export const NO_LABEL = 'the dataset has no such label';

/**
 * What waits for no reason but a label that was nearly another one, and that is a label of the dataset now, goes the way of what
 * lands. A picture that waits for a person's word as well waits on.
 */
const takeInUnambiguous = (dataset: CorrectedDataset): void => {
  for (const [key, { reason, image, split }] of dataset.waiting) {
    if (reason !== 'ambiguous_label' || image === undefined || !dataset.labels.includes(image.label)) continue;
    if (dataset.awaitsDecision(image.pixelSha256) || dataset.reinstated.has(image.pixelSha256)) continue;
    dataset.waiting.delete(key);
    dataset.reinstate({ ...image, ...(split === undefined ? {} : { storedSplit: split }) });
  }
};

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
  takeInUnambiguous(dataset);
  return null;
};

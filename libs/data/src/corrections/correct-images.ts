/** Actions on single images. Each returns null where it was carried out, else why it changes nothing. */
import { toWithdrawnImage } from '../merge/quarantine-entry.js';
import type { CorrectedDataset } from './corrected-dataset.js';

/** What a relabelled image is given. */
interface Given {
  readonly label: string;
  readonly correction: number;
}

const UNKNOWN = 'no such image is in the dataset or waits in its quarantine';
const UNKNOWN_ENTRY = 'no such object is in the quarantine';

/** Whether an action changes nothing because what it names isn't there. */
export const isUnknownImage = (why: string): boolean => why === UNKNOWN || why === UNKNOWN_ENTRY;

/** Takes an image that corrections took out back into the version, with its split and label. */
const putBack = (dataset: CorrectedDataset, sha256: string): void => {
  const taken = dataset.takenOut.get(sha256);
  if (taken === undefined) return;
  const { takenOutBy: _, ...image } = taken;
  dataset.putBack(image);
};

const relabelImage = (dataset: CorrectedDataset, sha256: string, given: Given): void => {
  putBack(dataset, sha256);
  const image = dataset.images.get(sha256);
  if (image === undefined) return;
  dataset.images.set(sha256, { ...image, ...given });
  dataset.settle(image.pixelSha256);
};

/** Takes an entry of the quarantine in; where its picture is in the dataset already, that one gets the label. */
const takeIn = (dataset: CorrectedDataset, key: string, given: Given): boolean => {
  const entry = dataset.waiting.get(key);
  if (entry?.image === undefined) return false;
  const present = dataset.pictureOf(entry.image);
  // Of several that show the picture, the one that was in the dataset comes back, with its group and its split.
  const { image = entry.image, split } = dataset.withdrawnOf(entry.image.pixelSha256) ?? entry;
  dataset.waiting.delete(key);
  if (present !== null) relabelImage(dataset, present, given);
  else {
    const before = dataset.reinstated.get(image.pixelSha256);
    const arrival = before ?? { ...image, ...(split === undefined ? {} : { storedSplit: split }) };
    dataset.reinstate({ ...arrival, ...given });
  }
  return true;
};

export const relabel = (
  dataset: CorrectedDataset,
  { ref, label: asked, correction }: { ref: string; label: string; correction: number },
): string | null => {
  const given = { label: dataset.nameOf(asked), correction };
  const images = dataset.imagesOf(ref);
  const present = images.filter((sha256) => dataset.images.has(sha256));
  const entries = dataset.entriesOf(ref);
  if (present.length > 0 || entries.length > 0) {
    for (const sha256 of present) relabelImage(dataset, sha256, given);
    const taken = entries.map((key) => takeIn(dataset, key, given));
    if (present.length > 0 || taken.includes(true)) return null;
    const reason = dataset.waiting.get(entries[0] ?? '')?.reason ?? 'unknown';
    return `it was left out as ${reason}, and is no picture that could be taken in`;
  }
  const pending = dataset.reinstatedOf(ref);
  for (const arrival of pending) dataset.reinstate({ ...arrival, ...given });
  if (pending.length > 0) return null;
  return images.length > 0 ? 'a correction took it out: restore it first' : UNKNOWN;
};

/** An entry of the quarantine goes. An image that a version had withdrawn counts as taken out: its split is remembered. */
export const dismiss = (
  dataset: CorrectedDataset,
  { key, correction }: { key: string; correction: number },
): string | null => {
  const entry = dataset.waiting.get(key);
  if (entry === undefined) return UNKNOWN_ENTRY;
  dataset.waiting.delete(key);
  const withdrawn = toWithdrawnImage(entry);
  if (withdrawn !== null && dataset.pictureOf(withdrawn) === null) dataset.takeOut(withdrawn, correction);
  return null;
};

/** An image that waits in the quarantine leaves it, as if dismissed. */
export const remove = (
  dataset: CorrectedDataset,
  { ref, correction }: { ref: string; correction: number },
): string | null => {
  const images = dataset.imagesOf(ref).flatMap((sha256) => dataset.images.get(sha256) ?? []);
  for (const image of images) dataset.takeOut(image, correction);
  const entries = dataset.entriesOf(ref);
  for (const key of entries) dismiss(dataset, { key, correction });
  const pending = dataset.reinstatedOf(ref);
  for (const image of pending) dataset.discard(image, correction);
  if (images.length + entries.length + pending.length > 0) return null;
  return dataset.imagesOf(ref).length > 0 ? 'a correction has taken it out already' : UNKNOWN;
};

export const restore = (dataset: CorrectedDataset, ref: string): string | null => {
  const meant = new Set(dataset.imagesOf(ref));
  for (const key of dataset.entriesOf(ref)) {
    const entry = dataset.waiting.get(key);
    const picture = entry?.reason === 'taken_out' && entry.image ? dataset.pictureOf(entry.image) : null;
    if (picture !== null) meant.add(picture);
  }
  const taken = [...meant].filter((sha256) => dataset.takenOut.has(sha256));
  for (const sha256 of taken) putBack(dataset, sha256);
  if (taken.length > 0) return null;
  const isKnown = meant.size > 0 || dataset.entriesOf(ref).length > 0 || dataset.reinstatedOf(ref).length > 0;
  return isKnown ? 'no correction took it out' : UNKNOWN;
};

import { namesAtIndex, type DatasetRoot, type ManifestImage, type QuarantineEntry } from '@graft/contracts';
import type { CorrectedDataset } from './corrected-dataset.js';

/** One version and what came before it, as they were made. */
export interface RevertedVersion {
  readonly version: VersionContents;
  /** Null for a dataset's first. */
  readonly before: VersionContents | null;
}

export interface VersionContents {
  readonly root: Pick<DatasetRoot, 'labels'>;
  readonly images: readonly ManifestImage[];
  readonly quarantine: readonly QuarantineEntry[];
}

const objectOf = ({ key, etag }: QuarantineEntry): string => `${etag}\n${key}`;

/** The name that a label of an earlier version has now: by its index, which it keeps, then by merges. */
const renamer = (dataset: CorrectedDataset, earlier: Pick<DatasetRoot, 'labels'>) => {
  const present = namesAtIndex(earlier.labels, dataset.labels);
  return (label: string): string => dataset.nameOf(present(label));
};

/**
 * As if a version had never been: what it brought is taken out, what it left out comes back with its split, a label that it
 * changed is what it was (unless a later correction gave the image another), and what it quarantined no longer waits.
 * Renames stand: names are a matter of the whole dataset.
 * @returns whether that changed anything
 */
export const revertVersion = (
  dataset: CorrectedDataset,
  { version, before }: RevertedVersion,
  correction: number,
): boolean => {
  let changes = 0;
  const earlier = new Map(before?.images.map((image) => [image.sha256, image]));
  const later = new Set(version.images.map(({ sha256 }) => sha256));
  const nameInVersion = renamer(dataset, version.root);
  const nameBefore = renamer(dataset, before?.root ?? { labels: [] });

  for (const { sha256, label, key, correction: by } of version.images) {
    const image = dataset.images.get(sha256);
    if (image === undefined) continue;
    const was = earlier.get(sha256);
    if (was === undefined) {
      dataset.takeOut(image, correction);
      changes += 1;
      continue;
    }
    // Another key: it was taken out and put back as another landing had it.
    const isOther = nameBefore(was.label) !== nameInVersion(label) || was.correction !== by || was.key !== key;
    if (!isOther || image.correction !== by) continue;
    dataset.images.set(sha256, { ...was, label: nameBefore(was.label) });
    changes += 1;
  }
  for (const image of earlier.values()) {
    if (later.has(image.sha256) || dataset.images.has(image.sha256)) continue;
    const present = dataset.pictureOf(image);
    if (present !== null && dataset.images.has(present)) continue;
    dataset.putBack({ ...image, label: nameBefore(image.label) });
    changes += 1;
  }

  const known = new Set(before?.quarantine.map(objectOf));
  const brought = new Set(version.quarantine.map(objectOf).filter((object) => !known.has(object)));
  for (const [key, entry] of dataset.waiting) {
    if (!brought.has(objectOf(entry))) continue;
    dataset.waiting.delete(key);
    changes += 1;
  }
  return changes > 0;
};

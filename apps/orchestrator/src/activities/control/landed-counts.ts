/** Whether enough has landed: objects that no ingestion looked at, and what each label has with them. */
import { readDocument } from '@graft/artifacts';
import {
  AppError,
  createLabelNamer,
  datasetRootSchema,
  type BlobStore,
  type Dataset,
  type LandedCount,
  type LandingObject,
} from '@graft/contracts';
import { isArchiveKey, parseLandingKey } from '@graft/data';

/** Labels that are named as lacking; a dataset of thousands needs no longer list. */
const NAMED_LABELS = 100;

interface LabelCounts {
  readonly images: Map<string, number>;
  /** The name that a label which landed goes by. */
  readonly nameOf: (label: string) => string;
}

/** Labels that people emptied are no labels that need images. */
const readLabelCounts = async (blobs: BlobStore, { latestVersion }: Dataset): Promise<LabelCounts> => {
  if (latestVersion === null) return { images: new Map(), nameOf: createLabelNamer({ labels: [] }) };
  const { byLabel, labels, renamed } = await readDocument(blobs, datasetRootSchema, latestVersion);
  const totals = Object.entries(byLabel).map(([label, { train, val, test }]) => [label, train + val + test] as const);
  return { images: new Map(totals.filter(([, total]) => total > 0)), nameOf: createLabelNamer({ labels, renamed }) };
};

/** The label that an object would have; null where it has none, as what will be quarantined. */
const labelOf = ({ key, place, settled }: LandingObject): string | null => {
  if (settled !== undefined) return null;
  if (place !== undefined) return place.label;
  try {
    return parseLandingKey(key).label;
  } catch (error) {
    if (error instanceof AppError && error.code === 'image_unfit') return null;
    throw error;
  }
};

/**
 * Counts what landed against a dataset's policy. Objects are counted by their keys alone: what turns out to be no image, or one
 * that the dataset has, was counted as well.
 */
export const countLandedObjects = async ({
  blobs,
  dataset,
  unseen,
  minNewImages,
  minPerLabel,
  signal,
}: {
  readonly blobs: BlobStore;
  readonly dataset: Dataset;
  readonly unseen: AsyncIterable<LandingObject>;
  readonly minNewImages: number;
  readonly minPerLabel: number;
  readonly signal: AbortSignal;
}): Promise<Required<LandedCount>> => {
  const { images, nameOf } = await readLabelCounts(blobs, dataset);
  let objects = 0;
  let hasArchive = false;
  for await (const object of unseen) {
    signal.throwIfAborted();
    objects += 1;
    if (isArchiveKey(object.key)) {
      hasArchive = true;
      continue;
    }
    const said = labelOf(object);
    if (said === null) continue;
    const label = nameOf(said);
    images.set(label, (images.get(label) ?? 0) + 1);
  }
  if (hasArchive) return { objects, enough: true, lacking: [] };
  const lacking = [...images]
    .filter(([, count]) => count < minPerLabel)
    .map(([label, count]) => ({ label, images: count, needed: minPerLabel }));
  return {
    objects,
    enough: objects >= minNewImages && lacking.length === 0,
    lacking: lacking.slice(0, NAMED_LABELS),
  };
};

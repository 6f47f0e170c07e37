import {
  datasetRootSchema,
  manifestShardSchema,
  type BlobStore,
  type DatasetRoot,
  type Digest,
  type ManifestImage,
  type Split,
} from '@graft/contracts';
import { BLOB_CONCURRENCY, getDocument } from './blob-documents.js';

export interface ImageFilter {
  readonly label?: string | undefined;
  readonly split?: Split | undefined;
  readonly source?: string | undefined;
}

/** Whether any image can fit: what the root counts needs no look at the images. */
const mayFit = ({ byLabel, bySplit, bySource }: DatasetRoot, { label, split, source }: ImageFilter): boolean => {
  const counts = label === undefined ? bySplit : byLabel[label];
  if (counts === undefined || (source !== undefined && (bySource[source] ?? 0) === 0)) return false;
  return split === undefined ? counts.train + counts.val + counts.test > 0 : counts[split] > 0;
};

const fits = (image: ManifestImage, { label, split, source }: ImageFilter): boolean =>
  (label === undefined || image.label === label) &&
  (split === undefined || image.split === split) &&
  (source === undefined || image.source === source);

/**
 * A page of a version's images, in ascending order of sha256. Shards are read a few at a time until the page is full: a page of a large
 * version costs no more than one of a small version, unless few images fit the filter.
 * @param after the sha256 of the last image of the page before
 * @throws AppError `not_found` when there is no version under this id
 */
export const listImages = async (
  blobs: BlobStore,
  id: Digest,
  { after = null, limit, ...filter }: { after?: Digest | null; limit: number } & ImageFilter,
): Promise<ManifestImage[]> => {
  const root = await getDocument(blobs, datasetRootSchema, id);
  if (!mayFit(root, filter)) return [];
  const shards = root.shards.filter(({ prefix }) => after === null || after.slice(0, prefix.length) <= prefix);
  const found: ManifestImage[] = [];
  for (let at = 0, step = 1; at < shards.length && found.length < limit; at += step, step = BLOB_CONCURRENCY) {
    const read = await Promise.all(
      shards.slice(at, at + step).map(({ digest }) => getDocument(blobs, manifestShardSchema, digest)),
    );
    const images = read.flatMap((shard) => shard.images);
    found.push(...images.filter((image) => (after === null || image.sha256 > after) && fits(image, filter)));
  }
  return found.slice(0, limit);
};

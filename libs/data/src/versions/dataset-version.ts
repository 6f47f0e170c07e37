/** Writes and reads dataset versions: a root document over manifest shards by digest prefix. */
import {
  AppError,
  datasetRootSchema,
  manifestShardSchema,
  toCanonicalDocument,
  type BlobStore,
  type DatasetRoot,
  type Digest,
  type ManifestImage,
  type SplitCounts,
} from '@graft/contracts';
import pLimit from 'p-limit';
import { BLOB_CONCURRENCY, getDocument, groupByPrefix, putDocument, shardDigits } from './blob-documents.js';

/** Of half a kilobyte each. */
const IMAGES_A_SHARD = 64;

const emptyCounts = (): SplitCounts => ({ train: 0, val: 0, test: 0 });

const countsOf = (
  images: readonly ManifestImage[],
  labels: readonly string[],
): Pick<DatasetRoot, 'images' | 'bySplit' | 'byLabel' | 'bySource'> => {
  const bySplit = emptyCounts();
  const byLabel = new Map<string, SplitCounts>(labels.map((label) => [label, emptyCounts()]));
  const bySource = new Map<string, number>();
  for (const { split, label, source, sha256 } of images) {
    const counts = byLabel.get(label);
    if (!counts)
      throw new AppError('internal', `image ${sha256} has the label "${label}", which the version doesn't list`);
    counts[split]++;
    bySplit[split]++;
    bySource.set(source, (bySource.get(source) ?? 0) + 1);
  }
  return {
    images: images.length,
    bySplit,
    byLabel: Object.fromEntries(byLabel),
    bySource: Object.fromEntries(bySource),
  };
};

/**
 * The digest of a shard of the parent that holds just these images, known without writing them down: images that a version
 * takes over from its parent are the very objects that were read from it.
 */
const findUnchanged = (
  parent: { readonly root: Pick<DatasetRoot, 'shards'>; readonly images: readonly ManifestImage[] } | null,
): ((prefix: string, members: readonly ManifestImage[]) => Digest | null) => {
  const shards = new Map(parent?.root.shards.map((shard) => [shard.prefix, shard]));
  const known = new Set(parent?.images);
  return (prefix, members) => {
    const shard = shards.get(prefix);
    return shard?.images === members.length && members.every((image) => known.has(image)) ? shard.digest : null;
  };
};

/**
 * Keeps a dataset version. The same images and labels give the same id, whatever their order. Shards that `parent`
 * holds already are neither written down nor sent again: what is new rewrites at most one shard an image.
 * @param renamed, corrections, after as in the root document
 * @returns the root document and its digest, which is the version's id
 */
export const writeDatasetVersion = async (
  blobs: BlobStore,
  {
    dataset,
    labels,
    images,
    renamed = {},
    corrections = 0,
    after,
    parent = null,
  }: {
    dataset: string;
    labels: readonly string[];
    images: readonly ManifestImage[];
    renamed?: Readonly<Record<string, string>>;
    corrections?: number;
    after?: Digest | undefined;
    parent?: { readonly root: Pick<DatasetRoot, 'shards'>; readonly images: readonly ManifestImage[] } | null;
  },
): Promise<{ id: Digest; root: DatasetRoot }> => {
  const there = new Set(parent?.root.shards.map(({ digest }) => digest));
  const unchanged = findUnchanged(parent);
  const limit = pLimit(BLOB_CONCURRENCY);
  const sorted = [...images].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const shards = await Promise.all(
    groupByPrefix(sorted, {
      digits: shardDigits(sorted.length, IMAGES_A_SHARD),
      digestOf: ({ sha256 }) => sha256,
    }).map(([prefix, members]) =>
      limit(async () => {
        const kept = unchanged(prefix, members);
        if (kept !== null) return { prefix, digest: kept, images: members.length };
        const document = toCanonicalDocument(manifestShardSchema, {
          schemaVersion: 'manifest.v1',
          prefix,
          images: members,
        });
        if (!there.has(document.digest)) await putDocument(blobs, document);
        return { prefix, digest: document.digest, images: members.length };
      }),
    ),
  );
  const root: DatasetRoot = {
    schemaVersion: 'dataset-version.v1',
    dataset,
    labels: [...labels],
    shards,
    ...countsOf(sorted, labels),
    ...(Object.keys(renamed).length === 0 ? {} : { renamed }),
    ...(corrections === 0 ? {} : { corrections }),
    ...(after === undefined ? {} : { after }),
  };
  const id = await putDocument(blobs, toCanonicalDocument(datasetRootSchema, root));
  return { id, root };
};

/** Whether two versions hold the same images, labels and corrections, whatever they come after. */
export const holdTheSame = (a: DatasetRoot, b: DatasetRoot): boolean => {
  const contentOf = ({ after: _, ...root }: DatasetRoot): Digest => toCanonicalDocument(datasetRootSchema, root).digest;
  return contentOf(a) === contentOf(b);
};

/**
 * A dataset version with all its images, in ascending order of sha256.
 * @throws AppError `not_found` when there is none under this id, `corrupt` when its parts contradict each other.
 */
export const readDatasetVersion = async (
  blobs: BlobStore,
  id: Digest,
): Promise<{ root: DatasetRoot; images: ManifestImage[] }> => {
  const root = await getDocument(blobs, datasetRootSchema, id);
  const limit = pLimit(BLOB_CONCURRENCY);
  const shards = await Promise.all(
    root.shards.map(({ prefix, digest, images }) =>
      limit(async () => {
        const shard = await getDocument(blobs, manifestShardSchema, digest);
        const fits = shard.images.length === images && shard.images.every(({ sha256 }) => sha256.startsWith(prefix));
        if (!fits) throw new AppError('corrupt', `shard ${prefix} of dataset version ${id} is not what its root says`);
        return shard.images;
      }),
    ),
  );
  return { root, images: shards.flat() };
};

/** What changed between two versions that are kept, without reading what they share. */
import {
  AppError,
  datasetRootSchema,
  manifestShardSchema,
  type BlobStore,
  type DatasetDiff,
  type DatasetRoot,
  type Digest,
  type ImageChange,
  type ImageDiff,
  type ManifestImage,
} from '@graft/contracts';
import { BLOB_CONCURRENCY, getDocument } from './blob-documents.js';
import { diffByLabel } from './diff-by-label.js';
import { diffLabels, diffVersions, type VersionDiff } from './diff-versions.js';

type Shards = DatasetRoot['shards'];

/** The part of two versions whose digests begin alike, where they differ. */
interface Region {
  readonly prefix: string;
  readonly before: Shards;
  readonly after: Shards;
}

/** Regions that are told of in one answer are held at once; above so many images a person wants another tool. */
const MOST_COMPARED = 200_000;

const byPrefix = (shards: Shards, digits: number): Map<string, Shards> => {
  const regions = new Map<string, Shards>();
  for (const shard of shards) {
    const prefix = shard.prefix.slice(0, digits);
    regions.set(prefix, [...(regions.get(prefix) ?? []), shard]);
  }
  return regions;
};

/** In ascending order of prefix. Versions of other sizes may name their shards by more digits: a region has all that begin alike. */
const findRegions = (before: DatasetRoot, after: DatasetRoot): Region[] => {
  const digits = Math.min(4, ...[...before.shards, ...after.shards].map(({ prefix }) => prefix.length));
  const [earlier, later] = [byPrefix(before.shards, digits), byPrefix(after.shards, digits)];
  return [...new Set([...earlier.keys(), ...later.keys()])].sort().flatMap((prefix) => {
    const [was, is] = [earlier.get(prefix) ?? [], later.get(prefix) ?? []];
    const shared = new Set(
      was.map(({ digest }) => digest).filter((digest) => is.some((each) => each.digest === digest)),
    );
    const without = (shards: Shards): Shards => shards.filter(({ digest }) => !shared.has(digest));
    const region = { prefix, before: without(was), after: without(is) };
    return region.before.length + region.after.length === 0 ? [] : [region];
  });
};

const readShards = async (blobs: BlobStore, shards: Shards): Promise<ManifestImage[]> =>
  (
    await Promise.all(shards.map(async ({ digest }) => (await getDocument(blobs, manifestShardSchema, digest)).images))
  ).flat();

const readRoots = async (blobs: BlobStore, from: Digest, to: Digest) => {
  const [before, after] = await Promise.all(
    [from, to].map((id) => getDocument(blobs, datasetRootSchema, id)) as [Promise<DatasetRoot>, Promise<DatasetRoot>],
  );
  if (before.dataset !== after.dataset) {
    throw new AppError(
      'invalid_request',
      `version ${from} is of dataset ${before.dataset} and ${to} of ${after.dataset}: versions of one dataset can be compared`,
    );
  }
  return { before, after };
};

const compareRegion = async (
  blobs: BlobStore,
  roots: { before: DatasetRoot; after: DatasetRoot },
  region: Region,
): Promise<VersionDiff> => {
  const [before, after] = await Promise.all([readShards(blobs, region.before), readShards(blobs, region.after)]);
  return diffVersions({ root: roots.before, images: before }, { root: roots.after, images: after });
};

type ImageLists = Pick<VersionDiff, 'added' | 'removed' | 'relabelled' | 'moved'>;

/** One entry an image, in ascending order of sha256: an image may have another label and another split. */
const toImageDiffs = ({ added, removed, relabelled, moved }: ImageLists): ImageDiff[] => {
  const diffs = new Map<Digest, ImageDiff>();
  const note = (change: ImageChange, before: ManifestImage | null, after: ManifestImage | null): void => {
    const { sha256 } = (after ?? before) as ManifestImage;
    diffs.set(sha256, { sha256, before, after, changes: [...(diffs.get(sha256)?.changes ?? []), change] });
  };
  for (const image of added) note('added', null, image);
  for (const image of removed) note('removed', image, null);
  for (const { before, after } of relabelled) note('relabelled', before, after);
  for (const { before, after } of moved) note('moved', before, after);
  return [...diffs.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
};

const sizeOf = ({ before, after }: Region): number =>
  [...before, ...after].reduce((sum, { images }) => sum + images, 0);

/**
 * What changed from one version of a dataset to another, in numbers.
 * @throws AppError `not_found`, `invalid_request` for versions of two datasets, `too_large` where more than 200,000 images may have changed
 */
export const compareVersions = async (blobs: BlobStore, from: Digest, to: Digest): Promise<DatasetDiff> => {
  const roots = await readRoots(blobs, from, to);
  const regions = findRegions(roots.before, roots.after);
  const size = regions.reduce((sum, region) => sum + sizeOf(region), 0);
  if (size > MOST_COMPARED) {
    throw new AppError(
      'too_large',
      `${size} images would have to be compared, more than ${MOST_COMPARED}: ./graft data diff ${roots.after.dataset} does it`,
      { details: { from, to } },
    );
  }
  const all: ImageLists = { added: [], removed: [], relabelled: [], moved: [] };
  for (let at = 0; at < regions.length; at += BLOB_CONCURRENCY) {
    const part = regions.slice(at, at + BLOB_CONCURRENCY);
    for (const diff of await Promise.all(part.map((region) => compareRegion(blobs, roots, region)))) {
      all.added.push(...diff.added);
      all.removed.push(...diff.removed);
      all.relabelled.push(...diff.relabelled);
      all.moved.push(...diff.moved);
    }
  }
  const { added, removed, relabelled, moved } = all;
  return {
    ...{ from, to, added: added.length, removed: removed.length, relabelled: relabelled.length, moved: moved.length },
    labels: diffByLabel(all, { before: roots.before.labels, after: roots.after.labels }),
    ...diffLabels(roots.before, roots.after),
  };
};

/**
 * A page of the images that changed from one version to another, in ascending order of sha256.
 * @param label of now or, where it was removed or relabelled, of before
 * @param after the sha256 of the last image of the page before
 * @throws AppError `not_found`, `invalid_request` for versions of two datasets
 */
export const listChangedImages = async (
  blobs: BlobStore,
  { from, to }: { readonly from: Digest; readonly to: Digest },
  {
    after = null,
    limit,
    change,
    label,
  }: { after?: Digest | null; limit: number; change?: ImageChange | undefined; label?: string | undefined },
): Promise<ImageDiff[]> => {
  const roots = await readRoots(blobs, from, to);
  const regions = findRegions(roots.before, roots.after).filter(
    ({ prefix }) => after === null || after.slice(0, prefix.length) <= prefix,
  );
  const found: ImageDiff[] = [];
  for (const region of regions) {
    if (found.length >= limit) break;
    found.push(
      ...toImageDiffs(await compareRegion(blobs, roots, region)).filter(
        ({ sha256, changes, before, after: now }) =>
          (after === null || sha256 > after) &&
          (change === undefined || changes.includes(change)) &&
          (label === undefined || before?.label === label || now?.label === label),
      ),
    );
  }
  return found.slice(0, limit);
};

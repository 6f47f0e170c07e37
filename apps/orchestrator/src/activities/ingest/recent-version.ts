/**
 * The dataset version that this worker wrote or read last. It is what the next landing is joined to, mostly: reading a version of
 * 50,000 images anew takes longer than inspecting the five hundred that came since.
 */
import type { BlobStore, DatasetRoot, Digest, ManifestImage } from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';

/** About a kilobyte each. A larger version is read anew. */
const KEPT_IMAGES = 100_000;

export interface VersionContents {
  readonly root: DatasetRoot;
  readonly images: readonly ManifestImage[];
}

export interface RecentVersion {
  /** @throws AppError as `readDatasetVersion` */
  read(id: Digest): Promise<VersionContents>;
  /** A version's contents are what its id says: they never change, and nobody may change them here. */
  keep(id: Digest, contents: VersionContents): void;
}

export const createRecentVersion = (blobs: BlobStore): RecentVersion => {
  let kept: { readonly id: Digest; readonly contents: VersionContents } | null = null;
  const keep = (id: Digest, contents: VersionContents): void => {
    kept = contents.images.length <= KEPT_IMAGES ? { id, contents } : null;
  };
  return {
    keep,
    read: async (id) => {
      if (kept?.id === id) return kept.contents;
      const contents = await readDatasetVersion(blobs, id);
      keep(id, contents);
      return contents;
    },
  };
};

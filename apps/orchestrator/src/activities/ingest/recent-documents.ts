/**
 * What this worker read or wrote last of datasets: the next landing is joined to it, mostly. Reading a version of 50,000 images
 * anew takes longer than inspecting the five hundred that came since.
 *
 * All of it is known by its digest and never changes; nobody may change it here.
 */
import type { BlobStore, DatasetRoot, Digest, ManifestImage } from '@graft/contracts';
import { readDatasetVersion, readLandingLog, type LandingLog } from '@graft/data';

/** About a kilobyte each. A larger version is read anew. */
const KEPT_IMAGES = 100_000;

export interface VersionContents {
  readonly root: DatasetRoot;
  readonly images: readonly ManifestImage[];
}

export interface RecentDocuments {
  /** @throws AppError as `readDatasetVersion` */
  readVersion(id: Digest): Promise<VersionContents>;
  /** The last version of all datasets is kept. */
  keepVersion(id: Digest, contents: VersionContents): void;
  /** @throws AppError as `readLandingLog` */
  readLog(dataset: string, digest: Digest | null): Promise<LandingLog>;
  /** The last log of each dataset is kept, since a reconciler asks again and again. */
  keepLog(dataset: string, digest: Digest | null, log: LandingLog): void;
}

export const createRecentDocuments = (blobs: BlobStore): RecentDocuments => {
  let version: { readonly id: Digest; readonly contents: VersionContents } | null = null;
  const logs = new Map<string, { readonly digest: Digest | null; readonly log: LandingLog }>();
  const keepVersion = (id: Digest, contents: VersionContents): void => {
    version = contents.images.length <= KEPT_IMAGES ? { id, contents } : null;
  };
  const keepLog = (dataset: string, digest: Digest | null, log: LandingLog): void => {
    logs.set(dataset, { digest, log });
  };
  return {
    keepVersion,
    keepLog,
    readVersion: async (id) => {
      if (version?.id === id) return version.contents;
      const contents = await readDatasetVersion(blobs, id);
      keepVersion(id, contents);
      return contents;
    },
    readLog: async (dataset, digest) => {
      const kept = logs.get(dataset);
      if (kept?.digest === digest) return kept.log;
      const log = await readLandingLog(blobs, digest);
      keepLog(dataset, digest, log);
      return log;
    },
  };
};

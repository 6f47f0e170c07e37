/**
 * Which landed objects no ingestion of a dataset has looked at: the listing, less the logs. Objects of a batch come with what its
 * manifest says of them; while there is no manifest, they don't come.
 */
import type { ObjectStore } from '@graft/artifacts';
import type { BlobStore, Digest, LandingObject } from '@graft/contracts';
import { isUnseen, parseBatchKey, readLandingLog, type LandingLog } from '@graft/data';
import type { DatasetRegistry } from '@graft/registry-client';
import { readLandingTails } from '@graft/artifacts';
import { createBatchResolver, createManifestReader } from './batch-manifests.js';

export interface LandingZone {
  readonly registry: Pick<DatasetRegistry, 'getDatasetVersion'>;
  readonly landing: ObjectStore;
  readonly objects: ObjectStore;
  readonly blobs: BlobStore;
}

/** The log of one version never changes: the last one read of each dataset is kept, since a reconciler asks again and again. */
export const createLogReader = (
  blobs: BlobStore,
): ((dataset: string, digest: Digest | null) => Promise<LandingLog>) => {
  const kept = new Map<string, { digest: Digest | null; log: LandingLog }>();
  return async (dataset, digest) => {
    const present = kept.get(dataset);
    if (present?.digest === digest) return present.log;
    const log = await readLandingLog(blobs, digest);
    kept.set(dataset, { digest, log });
    return log;
  };
};

export type UnseenObjects = (dataset: string, version: Digest | null) => AsyncIterable<LandingObject>;

/** In ascending order of key. `version` is the dataset's latest; null where it has none. */
export const createUnseenObjects = ({ registry, landing, objects, blobs }: LandingZone): UnseenObjects => {
  const readLog = createLogReader(blobs);
  const readBatchManifest = createManifestReader(landing);
  return async function* unseenObjects(dataset, version) {
    const digest = version === null ? null : (await registry.getDatasetVersion(version)).landingLog;
    const log = await readLog(dataset, digest);
    const { looked } = await readLandingTails(objects, dataset);
    const tail = { seen: new Map(looked.map(({ key, etag }) => [key, etag])) };
    const isNew = (key: string, etag: string): boolean => isUnseen(log, { key, etag }) && isUnseen(tail, { key, etag });
    const resolveBatchObject = createBatchResolver(readBatchManifest);
    for await (const { key, etag, sizeBytes } of landing.list(`${dataset}/`)) {
      if (!isNew(key, etag)) continue;
      const listed = { key, etag, sizeBytes };
      const batch = parseBatchKey(key);
      const object = batch === null ? listed : await resolveBatchObject(listed, batch);
      if (object !== null && isNew(key, object.etag)) yield object;
    }
  };
};

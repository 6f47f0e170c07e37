/**
 * Which landed objects no ingestion of a dataset has looked at: the listing, less the logs. Objects of a batch come with what its
 * manifest says of them; while there is no manifest, they don't come.
 */
import type { ObjectStore } from '@graft/artifacts';
import type { BlobStore, Digest, LandingObject } from '@graft/contracts';
import { isUnseen, parseBatchKey } from '@graft/data';
import type { DatasetRegistry } from '@graft/registry-client';
import { readLandingTails } from '@graft/artifacts';
import { createBatchResolver, createManifestReader } from './batch-manifests.js';
import { createRecentDocuments, type RecentDocuments } from './recent-documents.js';

export interface LandingZone {
  readonly registry: Pick<DatasetRegistry, 'getDatasetVersion'>;
  readonly landing: ObjectStore;
  readonly objects: ObjectStore;
  readonly blobs: BlobStore;
}

export type UnseenObjects = (dataset: string, version: Digest | null) => AsyncIterable<LandingObject>;

/** In ascending order of key. `version` is the dataset's latest; null where it has none. */
export const createUnseenObjects = (
  { registry, landing, objects, blobs }: LandingZone,
  recent: RecentDocuments = createRecentDocuments(blobs),
): UnseenObjects => {
  const readBatchManifest = createManifestReader(landing);
  return async function* unseenObjects(dataset, version) {
    const digest = version === null ? null : (await registry.getDatasetVersion(version)).landingLog;
    const log = await recent.readLog(dataset, digest);
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

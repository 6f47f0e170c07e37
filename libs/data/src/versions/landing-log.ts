/**
 * The landing log: which objects (by key and etag) earlier ingestions of a dataset have looked at, the quarantined and
 * the duplicates included, so that a listing tells at once what is new. Sharded by the sha256 of the key.
 */
import { createHash } from 'node:crypto';
import {
  landingLogSchema,
  landingLogShardSchema,
  toCanonicalDocument,
  type BlobStore,
  type Digest,
  type LandingLogRoot,
} from '@graft/contracts';
import pLimit from 'p-limit';
import { BLOB_CONCURRENCY, getDocument, groupByPrefix, putDocument, shardDigits } from './blob-documents.js';

/** Of some hundred bytes each. */
const OBJECTS_A_SHARD = 256;

export interface SeenObject {
  readonly key: string;
  readonly etag: string;
}

export interface LandingLog {
  /** Null for a dataset that nothing was ever looked at for. */
  readonly root: LandingLogRoot | null;
  /** The etag last looked at, by key. */
  readonly seen: ReadonlyMap<string, string>;
}

/** Reads a log whole; null (no version yet, or one without a log) is an empty one. */
export const readLandingLog = async (blobs: BlobStore, digest: Digest | null): Promise<LandingLog> => {
  if (digest === null) return { root: null, seen: new Map() };
  const root = await getDocument(blobs, landingLogSchema, digest);
  const limit = pLimit(BLOB_CONCURRENCY);
  const shards = await Promise.all(
    root.shards.map((shard) => limit(() => getDocument(blobs, landingLogShardSchema, shard.digest))),
  );
  return { root, seen: new Map(shards.flatMap(({ objects }) => objects).map(({ key, etag }) => [key, etag])) };
};

/** Whether an object, with these bytes, is one that no ingestion has looked at. */
export const isUnseen = (log: Pick<LandingLog, 'seen'>, { key, etag }: SeenObject): boolean =>
  log.seen.get(key) !== etag;

/**
 * Adds objects to a log. Only the shards that change are written; the same objects again give the same digest.
 * @returns the new log and the digest of its root
 */
export const extendLandingLog = async (
  blobs: BlobStore,
  { dataset, log, looked }: { dataset: string; log: LandingLog; looked: readonly SeenObject[] },
): Promise<{ digest: Digest; log: LandingLog }> => {
  const seen = new Map(log.seen);
  for (const { key, etag } of looked) seen.set(key, etag);
  const there = new Set(log.root?.shards.map(({ digest }) => digest));
  const objects = [...seen].map(([key, etag]) => ({ key, etag })).sort((a, b) => (a.key < b.key ? -1 : 1));
  const limit = pLimit(BLOB_CONCURRENCY);
  const shards = await Promise.all(
    groupByPrefix(objects, {
      digits: shardDigits(objects.length, OBJECTS_A_SHARD),
      digestOf: ({ key }) => createHash('sha256').update(key).digest('hex'),
    }).map(([prefix, members]) =>
      limit(async () => {
        const document = toCanonicalDocument(landingLogShardSchema, {
          schemaVersion: 'landing-log-shard.v1',
          prefix,
          objects: members,
        });
        if (!there.has(document.digest)) await putDocument(blobs, document);
        return { prefix, digest: document.digest, objects: members.length };
      }),
    ),
  );
  const root = { schemaVersion: 'landing-log.v1' as const, dataset, objects: objects.length, shards };
  return { digest: await putDocument(blobs, toCanonicalDocument(landingLogSchema, root)), log: { root, seen } };
};

/**
 * Activations of a frozen embedder, by image digest, in shards under `activations/<key digest>/<shard digest>.safetensors`
 * of the artifacts bucket. What the listing holds is the truth; a shard that is lost or doesn't match its name counts as
 * not there: it is logged, and its images are computed again.
 */
import {
  activationKeySchema,
  AppError,
  toAppError,
  toCanonicalDocument,
  type ActivationKey,
  type Digest,
  type FeatureMatrix,
} from '@graft/contracts';
import type { ObjectInfo, ObjectStore } from '@graft/artifacts';
import type { Logger } from '@graft/platform';
import pLimit from 'p-limit';
import type { ActivationSource } from './activation-source.js';
import { decodeShard, encodeShard, sha256Of, toFloats, type Shard, type Storage } from './shard.js';
import { noShardFiles, type ShardFiles } from './shard-files.js';
import { createShardIndex } from './shard-index.js';

export interface ActivationCache extends ActivationSource {
  /** Those of the images that have no activation, in the order asked. Looks at the store again first. */
  missing(digests: readonly Digest[]): Promise<Digest[]>;
  /**
   * Keeps activations as one shard. The same rows twice are one object. Returns the shard's digest.
   * @throws AppError `refused` for an activation that the storage can't hold.
   */
  put(activations: FeatureMatrix): Promise<Digest>;
}

export interface ActivationCacheOptions {
  readonly objects: Pick<ObjectStore, 'get' | 'put' | 'list'>;
  /** Digest of the activation-key.v1 that these activations depend on. */
  readonly key: Digest;
  /** What the key is a digest of: kept beside the shards, for those who ask whose they are. */
  readonly keyDocument?: ActivationKey;
  /** Numbers of one image's activation. */
  readonly length: number;
  /** What they are kept as. */
  readonly storage: Storage;
  readonly logger: Logger;
  readonly files?: ShardFiles;
}

/** Shards read at a time while the listing is looked through, and ahead of the one that is handed over. */
const READ_CONCURRENCY = 4;
const READ_AHEAD = 2;
/** Beside the shards: the activation-key.v1 document. */
const KEY_DOCUMENT = 'key.json';
const SHARD_NAME = /^([0-9a-f]{64})\.safetensors$/;

/** Rows that are wanted of one shard: where they are in it, and their places in what was asked for. */
interface WantedRow {
  readonly row: number;
  readonly index: number;
}

export const createActivationCache = (options: ActivationCacheOptions): ActivationCache => {
  const { objects, key, keyDocument, length, storage, logger, files = noShardFiles } = options;
  const prefix = `activations/${key}/`;
  const keyOf = (shard: Digest): string => `${prefix}${shard}.safetensors`;
  const shards = createShardIndex();

  const readShard = async (shard: Digest): Promise<Shard> => {
    const copy = await files.read(shard);
    if (copy !== null) return decodeShard(copy, { shard, length, storage });
    const stored = await objects.get(keyOf(shard));
    if (stored === null)
      throw new AppError('not_found', `activation shard ${shard} is not there`, { details: { shard } });
    const decoded = decodeShard(stored.bytes, { shard, length, storage });
    await files.write(shard, stored.bytes);
    return decoded;
  };

  /** A shard, or null when it can't be used; every reason but an unreachable store counts as lost. */
  const tryReadShard = async (shard: Digest): Promise<Shard | null> => {
    try {
      return await readShard(shard);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'corrupt' && error.code !== 'not_found' && error.code !== 'checkpoint_unfit') throw thrown;
      logger.warn({ shard, key, code: error.code, err: error }, 'activation shard ignored');
      return null;
    }
  };

  const refresh = async (): Promise<void> => {
    const listed = new Map<Digest, ObjectInfo>();
    for await (const object of objects.list(prefix)) {
      const shard = SHARD_NAME.exec(object.key.slice(prefix.length))?.[1];
      if (shard !== undefined) listed.set(shard, object);
    }
    const limit = pLimit(READ_CONCURRENCY);
    const unread = [...listed].filter(([shard, { etag }]) => shards.etagOf(shard) !== etag);
    const read = await Promise.all(
      unread.map(([shard, { etag }]) =>
        limit(async () => ({ shard, etag, digests: (await tryReadShard(shard))?.digests ?? null })),
      ),
    );
    for (const { shard, etag, digests } of read) shards.set(shard, { etag, digests });
    const there = new Set(listed.keys());
    shards.keepOnly(there);
    await files.keepOnly(there);
  };

  /** The rows at these places of `digests`, by the shard that holds them. */
  const locate = async (
    digests: readonly Digest[],
    indices: readonly number[],
  ): Promise<ReadonlyMap<Digest, readonly WantedRow[]>> => {
    const wanted = new Map<Digest, WantedRow[]>();
    const isKnown = (index: number): boolean => shards.find(digests[index] ?? '') !== undefined;
    if (!indices.every(isKnown)) await refresh();
    for (const index of indices) {
      const digest = digests[index] ?? '';
      const place = shards.find(digest);
      if (place === undefined)
        throw new AppError('not_found', `image ${digest} has no cached activation`, {
          details: { sha256: digest, key },
        });
      const rows = wanted.get(place.shard);
      if (rows) rows.push({ row: place.row, index });
      else wanted.set(place.shard, [{ row: place.row, index }]);
    }
    return wanted;
  };

  const readRows: ActivationCache['readRows'] = async (digests, onRow) => {
    let left: readonly number[] = digests.map((_, index) => index);
    const used = new Set<Digest>();
    // A shard that went bad since it was indexed is forgotten; another may hold the same rows, so look again until every
    // row is read or one of them is nowhere. Each round forgets at least one shard: this ends.
    while (left.length > 0) {
      const wanted = [...(await locate(digests, left))];
      const lost: number[] = [];
      const reads: Promise<Shard | null>[] = [];
      for (const [at, [shard, rows]] of wanted.entries()) {
        for (const [ahead] of wanted.slice(reads.length, at + 1 + READ_AHEAD)) {
          const read = tryReadShard(ahead);
          // A failure is thrown when its turn comes; until then it must not count as unhandled.
          read.catch(() => undefined);
          reads.push(read);
        }
        const found = (await reads[at]) ?? null;
        // What was handed over needs no more memory.
        reads[at] = Promise.resolve(null);
        if (found === null) {
          shards.forget(shard);
          lost.push(...rows.map(({ index }) => index));
          continue;
        }
        used.add(shard);
        for (const { row, index } of rows) await onRow(index, found.values.subarray(row * length, (row + 1) * length));
      }
      left = lost;
    }
    return used;
  };

  return {
    storage,
    length,
    readRows,

    async missing(digests) {
      await refresh();
      return digests.filter((digest) => shards.find(digest) === undefined);
    },

    async put(activations) {
      const bytes = encodeShard(activations, storage);
      const shard = sha256Of(bytes);
      // First, and each time: a collection of garbage leaves shards alone whose embedder it can't tell.
      if (keyDocument !== undefined) {
        const document = toCanonicalDocument(activationKeySchema, keyDocument);
        await objects.put(`${prefix}${KEY_DOCUMENT}`, document.bytes, { mediaType: 'application/json' });
      }
      const { etag } = await objects.put(keyOf(shard), bytes, { mediaType: 'application/octet-stream' });
      await files.write(shard, bytes);
      shards.set(shard, { etag, digests: activations.digests });
      return shard;
    },

    async features(digests) {
      const values = new Float32Array(digests.length * length);
      await readRows(digests, (index, row) => values.set(toFloats(row), index * length));
      return { digests, values, length };
    },
  };
};

/**
 * Activations of a frozen embedder, by image digest, in shards under `activations/<key digest>/<shard digest>.safetensors`
 * of the artifacts bucket. What the listing holds is the truth; a shard that is lost or doesn't match its name counts as
 * not there: it is logged, and its images are computed again.
 */
import { AppError, toAppError, type Digest, type FeatureMatrix, type FeatureSource } from '@graft/contracts';
import type { ObjectInfo, ObjectStore } from '@graft/artifacts';
import type { Logger } from '@graft/platform';
import pLimit from 'p-limit';
import { decodeShard, encodeShard, sha256Of } from './shard.js';
import { noShardFiles, type ShardFiles } from './shard-files.js';

export interface ActivationCache extends FeatureSource {
  /** Those of the images that have no activation, in the order asked. Looks at the store again first. */
  missing(digests: readonly Digest[]): Promise<Digest[]>;
  /** Keeps activations as one shard. The same rows twice are one object. Returns the shard's digest. */
  put(activations: FeatureMatrix): Promise<Digest>;
}

export interface ActivationCacheOptions {
  readonly objects: ObjectStore;
  /** Digest of the activation-key.v1 that these activations depend on. */
  readonly key: Digest;
  /** Features of one image. */
  readonly length: number;
  readonly logger: Logger;
  readonly files?: ShardFiles;
}

interface Row {
  readonly shard: Digest;
  readonly row: number;
}

const READ_CONCURRENCY = 4;
const SHARD_NAME = /^([0-9a-f]{64})\.safetensors$/;

export const createActivationCache = (options: ActivationCacheOptions): ActivationCache => {
  const { objects, key, length, logger, files = noShardFiles } = options;
  const prefix = `activations/${key}/`;
  const keyOf = (shard: Digest): string => `${prefix}${shard}.safetensors`;
  /** Shards by digest, with the etag they were read under: a shard that was written again is read again. */
  const known = new Map<Digest, { etag: string; digests: readonly Digest[] | null }>();
  let rows = new Map<Digest, Row>();

  const readShard = async (shard: Digest): Promise<FeatureMatrix> => {
    const copy = await files.read(shard);
    if (copy !== null) return decodeShard(copy, { shard, length });
    const stored = await objects.get(keyOf(shard));
    if (stored === null)
      throw new AppError('not_found', `activation shard ${shard} is not there`, { details: { shard } });
    const activations = decodeShard(stored.bytes, { shard, length });
    await files.write(shard, stored.bytes);
    return activations;
  };

  /** The rows of a shard, or null when it can't be used; every reason but an unreachable store counts as lost. */
  const tryReadShard = async (shard: Digest): Promise<FeatureMatrix | null> => {
    try {
      return await readShard(shard);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'corrupt' && error.code !== 'not_found' && error.code !== 'checkpoint_unfit') throw thrown;
      logger.warn({ shard, key, code: error.code, err: error }, 'activation shard ignored');
      return null;
    }
  };

  const rebuildRows = (): void => {
    rows = new Map();
    // In order of name, so that every worker takes an image that two shards hold from the same one.
    for (const shard of [...known.keys()].sort()) {
      known.get(shard)?.digests?.forEach((digest, row) => {
        if (!rows.has(digest)) rows.set(digest, { shard, row });
      });
    }
  };

  const refresh = async (): Promise<void> => {
    const listed = new Map<Digest, ObjectInfo>();
    for await (const object of objects.list(prefix)) {
      const shard = SHARD_NAME.exec(object.key.slice(prefix.length))?.[1];
      if (shard !== undefined) listed.set(shard, object);
    }
    const limit = pLimit(READ_CONCURRENCY);
    const unread = [...listed].filter(([shard, { etag }]) => known.get(shard)?.etag !== etag);
    const read = await Promise.all(
      unread.map(([shard, { etag }]) =>
        limit(async () => ({ shard, etag, digests: (await tryReadShard(shard))?.digests ?? null })),
      ),
    );
    for (const { shard, etag, digests } of read) known.set(shard, { etag, digests });
    for (const shard of known.keys()) if (!listed.has(shard)) known.delete(shard);
    rebuildRows();
  };

  const forget = (shard: Digest): void => {
    const entry = known.get(shard);
    if (entry) known.set(shard, { ...entry, digests: null });
    rebuildRows();
  };

  const locate = async (digests: readonly Digest[]): Promise<readonly Row[]> => {
    if (digests.some((digest) => !rows.has(digest))) await refresh();
    return digests.map((digest) => {
      const row = rows.get(digest);
      if (row) return row;
      throw new AppError('not_found', `image ${digest} has no cached activation`, { details: { sha256: digest, key } });
    });
  };

  const gather = async (digests: readonly Digest[]): Promise<FeatureMatrix | null> => {
    const located = await locate(digests);
    const values = new Float32Array(digests.length * length);
    const wanted = new Map<Digest, { row: number; index: number }[]>();
    located.forEach(({ shard, row }, index) => {
      const list = wanted.get(shard);
      if (list) list.push({ row, index });
      else wanted.set(shard, [{ row, index }]);
    });
    const limit = pLimit(READ_CONCURRENCY);
    const lost = await Promise.all(
      [...wanted].map(([shard, list]) =>
        limit(async () => {
          const activations = await tryReadShard(shard);
          if (activations === null) return shard;
          for (const { row, index } of list) {
            values.set(activations.values.subarray(row * length, (row + 1) * length), index * length);
          }
          return null;
        }),
      ),
    );
    const gone = lost.filter((shard) => shard !== null);
    gone.forEach(forget);
    return gone.length > 0 ? null : { digests, values, length };
  };

  return {
    async missing(digests) {
      await refresh();
      return digests.filter((digest) => !rows.has(digest));
    },

    async put(activations) {
      const bytes = encodeShard(activations);
      const shard = sha256Of(bytes);
      const { etag } = await objects.put(keyOf(shard), bytes, { mediaType: 'application/octet-stream' });
      await files.write(shard, bytes);
      known.set(shard, { etag, digests: activations.digests });
      rebuildRows();
      return shard;
    },

    async features(digests) {
      // A shard that went bad since it was indexed is forgotten; another may hold the same rows, so look again until
      // every row is read or one of them is nowhere. Each round forgets at least one shard: this ends.
      for (;;) {
        const found = await gather(digests);
        if (found !== null) return found;
      }
    },
  };
};

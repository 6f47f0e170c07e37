/** The object store as it looks to a training that is repeated: of activation shards, those alone that the first one read. */
import { contentKey, type ObjectInfo, type ObjectStore } from '@graft/artifacts';
import { AppError, type BlobStore, type Digest } from '@graft/contracts';

/** What an activation cache asks of a store. */
export type ShardStore = Pick<ObjectStore, 'get' | 'put' | 'list'>;

const SHARD = /([0-9a-f]{64})\.safetensors$/;
const shardOf = (key: string): Digest => SHARD.exec(key)?.[1] ?? '';

/**
 * A shard is looked for under its own key, then in the content store: what is computed again while repeating goes there, and never
 * among the shards that trainings to come read.
 */
export const pinnedShards = ({
  objects,
  blobs,
  shards,
}: {
  readonly objects: Pick<ObjectStore, 'get' | 'head'>;
  readonly blobs: Pick<BlobStore, 'put'>;
  readonly shards: readonly Digest[];
}): ShardStore => {
  const there = new Set(shards);
  const findInfo = async (key: string): Promise<ObjectInfo | null> =>
    (await objects.head(key)) ?? (await objects.head(contentKey(shardOf(key))));
  return {
    async *list(prefix) {
      for (const shard of there) {
        const key = `${prefix}${shard}.safetensors`;
        const info = await findInfo(key);
        if (info !== null) yield { ...info, key };
      }
    },
    get: async (key) => {
      if (!there.has(shardOf(key))) return null;
      return (await objects.get(key)) ?? (await objects.get(contentKey(shardOf(key))));
    },
    put: async (key, bytes, options) => {
      const shard = await blobs.put(bytes, options);
      there.add(shard);
      const info = await objects.head(contentKey(shard));
      if (info === null) throw new AppError('unavailable', `shard ${shard} was kept, and is not there`);
      return { ...info, key };
    },
  };
};

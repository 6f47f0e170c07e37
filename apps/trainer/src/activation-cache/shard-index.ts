/** Which shard holds an image's activation, and in which row. */
import type { Digest } from '@graft/contracts';

export interface RowPlace {
  readonly shard: Digest;
  readonly row: number;
}

export interface ShardIndex {
  /** The etag a shard was read under; undefined for one that was not. */
  etagOf(shard: Digest): string | undefined;
  /** Takes a shard in; `digests` null: it can't be used while it has this etag. */
  set(shard: Digest, entry: { readonly etag: string; readonly digests: readonly Digest[] | null }): void;
  /** A shard that went bad: its rows are gone until it is written again. */
  forget(shard: Digest): void;
  /** Drops every shard that isn't among these. */
  keepOnly(shards: ReadonlySet<Digest>): void;
  find(image: Digest): RowPlace | undefined;
}

export const createShardIndex = (): ShardIndex => {
  const known = new Map<Digest, { readonly etag: string; readonly digests: readonly Digest[] | null }>();
  let places = new Map<Digest, RowPlace>();
  /** Whether a shard's rows were taken away: then `places` is made anew before the next look. */
  let isStale = false;

  /** Of two shards that hold an image the one with the smaller name counts, so that every worker takes the same one. */
  const addRows = (shard: Digest, digests: readonly Digest[]): void =>
    digests.forEach((digest, row) => {
      const present = places.get(digest);
      if (present === undefined || shard < present.shard) places.set(digest, { shard, row });
    });

  return {
    etagOf: (shard) => known.get(shard)?.etag,
    set: (shard, entry) => {
      const before = known.get(shard)?.digests ?? null;
      if (before !== null) isStale = true;
      known.set(shard, entry);
      if (!isStale && entry.digests !== null) addRows(shard, entry.digests);
    },
    forget: (shard) => {
      const entry = known.get(shard);
      if (entry === undefined) return;
      known.set(shard, { ...entry, digests: null });
      isStale = true;
    },
    keepOnly: (shards) => {
      for (const shard of known.keys()) {
        if (shards.has(shard)) continue;
        known.delete(shard);
        isStale = true;
      }
    },
    find: (image) => {
      if (isStale) {
        places = new Map();
        for (const [shard, { digests }] of known) if (digests !== null) addRows(shard, digests);
        isStale = false;
      }
      return places.get(image);
    },
  };
};

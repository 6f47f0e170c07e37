/** Activations to read: all at once, or row by row where they are more than fits the memory. */
import type { Digest, FeatureSource } from '@graft/contracts';
import type { Storage, StoredValues } from './shard.js';

export interface ActivationSource extends FeatureSource {
  /** What a row's numbers are kept as. */
  readonly storage: Storage;
  /** Numbers of a row. */
  readonly length: number;
  /**
   * Hands over the row of each of these images as it is kept, one call after another, with the image's place in `digests`.
   * Shard by shard, so in no order to rely on; a few shards are in memory at a time, whatever is asked for. An image that
   * is asked for twice is handed over twice.
   * @returns the shards that the rows came from, each once.
   * @throws AppError `not_found` naming the first image that has none, before or after some were handed over.
   */
  readRows(
    digests: readonly Digest[],
    onRow: (index: number, values: StoredValues) => void | Promise<void>,
  ): Promise<ReadonlySet<Digest>>;
}

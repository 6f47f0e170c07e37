/** How many images are embedded, and kept as one shard, at a time. */
import { DEFAULT_BATCH_SIZE } from '@graft/models';

/** Small enough to be a sign of life every few seconds and to lose little when a worker dies. */
const MAX_IMAGES = 128;
/** A chunk's activations are held in memory, as float32 and as they are kept. */
const MAX_BYTES = 32 * 2 ** 20;

/**
 * Images of one chunk, at least 1, whole batches where it can be.
 * @param featureLength numbers of one activation.
 */
export const chunkImages = (featureLength: number): number => {
  const fitting = Math.floor(MAX_BYTES / (Float32Array.BYTES_PER_ELEMENT * featureLength));
  const batches = Math.floor(fitting / DEFAULT_BATCH_SIZE) * DEFAULT_BATCH_SIZE;
  return Math.min(MAX_IMAGES, Math.max(1, batches || fitting));
};

/** The items in chunks of `size`, in order; the last may be shorter. */
export const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

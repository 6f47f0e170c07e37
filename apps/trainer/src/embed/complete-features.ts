/**
 * Activations for training and drift: from the cache, and where a shard was lost since (or was made on another kind of CPU)
 * computed again here, so that a damaged cache costs time and nothing else.
 */
import { readDocument } from '@graft/artifacts';
import { embedderSchema, type Digest, type Embedder } from '@graft/contracts';
import type { ActivationCache } from '../activation-cache/activation-cache.js';
import type { ActivationSource } from '../activation-cache/activation-source.js';
import type { TrainerDependencies } from '../dependencies.js';
import { chunkImages, chunksOf } from './chunk-images.js';
import { embedImages } from './embed-images.js';

export const readEmbedder = (blobs: TrainerDependencies['blobs'], digest: Digest): Promise<Embedder> =>
  readDocument(blobs, embedderSchema, digest);

export interface CompleteFeaturesOptions {
  readonly dependencies: Pick<TrainerDependencies, 'blobs' | 'runtimes' | 'logger'>;
  readonly cache: ActivationCache;
  readonly embedder: Embedder;
  readonly signal?: AbortSignal;
  /** Told how many had to be computed again, when any had to. */
  readonly onRecomputed?: (images: number) => Promise<void>;
}

/** A source that has the activation of every image whose bytes are in the content store. */
export const completeFeatures = (options: CompleteFeaturesOptions): ActivationSource => {
  const { dependencies, cache, embedder, signal, onRecomputed } = options;
  const { blobs, runtimes, logger } = dependencies;

  const complete = async (digests: readonly Digest[]): Promise<void> => {
    const missing = await cache.missing([...new Set(digests)].sort());
    if (missing.length === 0) return;
    logger.warn({ images: missing.length }, 'activations computed again');
    await onRecomputed?.(missing.length);
    await runtimes.use(embedder.onnxDigest, async (runtime) => {
      for (const images of chunksOf(missing, chunkImages(embedder.featureLength)))
        await cache.put(await embedImages({ images, embedder, runtime, blobs, ...(signal ? { signal } : {}) }));
    });
  };

  return {
    storage: cache.storage,
    length: cache.length,
    async features(digests) {
      await complete(digests);
      return cache.features(digests);
    },
    async readRows(digests, onRow) {
      await complete(digests);
      return cache.readRows(digests, onRow);
    },
  };
};

/**
 * Features for training and drift: from the cache, and where a shard was lost since (or was made on another kind of CPU)
 * computed again here, so that a damaged cache costs time and nothing else.
 */
import { readDocument } from '@graft/artifacts';
import { embedderSchema, type Digest, type Embedder, type FeatureSource } from '@graft/contracts';
import type { ActivationCache } from '../activation-cache/activation-cache.js';
import type { TrainerDependencies } from '../dependencies.js';
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

/** A feature source that has every image whose bytes are in the content store. */
export const completeFeatures = (options: CompleteFeaturesOptions): FeatureSource => {
  const { dependencies, cache, embedder, signal, onRecomputed } = options;
  return {
    async features(digests) {
      const missing = await cache.missing([...new Set(digests)].sort());
      if (missing.length > 0) {
        dependencies.logger.warn({ images: missing.length }, 'activations computed again');
        await onRecomputed?.(missing.length);
        const activations = await dependencies.runtimes.use(embedder.onnxDigest, (runtime) =>
          embedImages({
            images: missing,
            embedder,
            runtime,
            blobs: dependencies.blobs,
            ...(signal ? { signal } : {}),
          }),
        );
        await cache.put(activations);
      }
      return cache.features(digests);
    },
  };
};

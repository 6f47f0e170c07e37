/** Which images of a dataset version have no activation yet, in chunks that workers can share. */
import { writeDocument } from '@graft/artifacts';
import { planEmbeddingInputSchema, type Digest, type EmbedActivities, type Embedder } from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import type { ActivationCache } from '../activation-cache/activation-cache.js';
import { whileBeating } from '@graft/platform/temporal';
import { uniqueDigests } from '../dataset-images.js';
import type { TrainerDependencies } from '../dependencies.js';
import { embeddingChunkSchema, embeddingPlanDocumentSchema } from '../documents.js';
import { postEvent } from '../stage-reporter.js';
import { chunkImages, chunksOf } from './chunk-images.js';
import { readEmbedder } from './complete-features.js';

export const createPlanEmbedding =
  ({
    registry,
    blobs,
    scope,
    cacheOf,
  }: Pick<TrainerDependencies, 'registry' | 'blobs' | 'scope'> & {
    readonly cacheOf: (embedder: Embedder) => ActivationCache;
  }): EmbedActivities['planEmbedding'] =>
  (input) => {
    const { runId, embedder: embedderDigest, datasetVersion } = planEmbeddingInputSchema.parse(input);
    return whileBeating(scope(), async () => {
      const startedMs = performance.now();
      await registry.patchRun(runId, { stage: 'embed' });
      await postEvent({ registry, runId, stage: 'embed' }, { kind: 'started' });
      const embedder = await readEmbedder(blobs, embedderDigest);
      const cache = cacheOf(embedder);
      const { images } = await readDatasetVersion(blobs, datasetVersion);
      const unique = uniqueDigests(images);
      const missing = await cache.missing(unique);
      const reused = unique.length - missing.length;

      const plan = await writeDocument(blobs, embeddingPlanDocumentSchema, {
        schemaVersion: 'embedding-plan.v1',
        embedder: embedderDigest,
        images: missing,
        reused,
      });
      const chunks: Digest[] = [];
      const size = chunkImages(embedder.featureLength);
      for (const [index, chunk] of chunksOf(missing, size).entries()) {
        chunks.push(
          await writeDocument(blobs, embeddingChunkSchema, {
            schemaVersion: 'embedding-chunk.v1',
            plan,
            before: index * size,
            total: missing.length,
            images: chunk,
          }),
        );
      }

      // Said once: a plan that is made again after a crash must not count what this run has embedded by then as reused.
      const run = await registry.getRun(runId);
      if (run.embedded === null) await registry.patchRun(runId, { embedded: missing.length, reused });
      await postEvent(
        { registry, runId, stage: 'embed' },
        missing.length === 0
          ? {
              kind: 'finished',
              seconds: (performance.now() - startedMs) / 1000,
              data: { embedded: 0, reused, imagesPerSecond: null },
            }
          : { kind: 'progress', step: 0, total: missing.length },
      );
      return { chunks, missing: missing.length, reused };
    });
  };

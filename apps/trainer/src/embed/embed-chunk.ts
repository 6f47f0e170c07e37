/** Embeds the images of one chunk and keeps their activations as one shard. Done twice, it is the same shard. */
import { readDocument } from '@graft/artifacts';
import { embedChunkInputSchema, type Digest, type EmbedActivities, type Embedder } from '@graft/contracts';
import type { ActivationCache } from '../activation-cache/activation-cache.js';
import { whileBeating } from '@graft/platform/temporal';
import type { TrainerDependencies } from '../dependencies.js';
import { embeddingChunkSchema, embeddingPlanDocumentSchema } from '../documents.js';
import { createProgressMeter } from '../progress-meter.js';
import { createProgressPoster, postEvent } from '../stage-reporter.js';
import { readEmbedder } from './complete-features.js';
import { embedImages } from './embed-images.js';

type Dependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'logger' | 'scope' | 'runtimes'> & {
  readonly cacheOf: (embedder: Embedder) => ActivationCache;
  readonly onEmbedded?: (images: number) => void;
};

/**
 * Chunks run side by side on any number of workers, so whichever finds that nothing of the plan is missing any more tells
 * that the stage is finished. Two that end together may both tell it: the facts are the same.
 */
const finishStage = async (
  { registry, blobs }: Dependencies,
  { runId, plan, cache }: { runId: string; plan: Digest; cache: ActivationCache },
): Promise<void> => {
  const { images, reused } = await readDocument(blobs, embeddingPlanDocumentSchema, plan);
  if ((await cache.missing(images)).length > 0) return;
  const events = await registry.listRunEvents(runId);
  const ofStage = events.filter(({ stage }) => stage === 'embed');
  const startedAt = ofStage.find(({ kind }) => kind === 'started')?.at;
  const seconds = startedAt === undefined ? undefined : Math.max(0, (Date.now() - Date.parse(startedAt)) / 1000);
  const imagesPerSecond = seconds === undefined || seconds === 0 ? null : images.length / seconds;
  await postEvent(
    { registry, runId, stage: 'embed' },
    {
      kind: 'finished',
      step: images.length,
      total: images.length,
      ...(seconds === undefined ? {} : { seconds }),
      ...(imagesPerSecond === null ? {} : { imagesPerSecond }),
      data: { embedded: images.length, reused, imagesPerSecond },
    },
  );
};

export const createEmbedChunk =
  (dependencies: Dependencies): EmbedActivities['embedChunk'] =>
  (input) => {
    const { runId, embedder: embedderDigest, chunk } = embedChunkInputSchema.parse(input);
    const { registry, blobs, logger, runtimes, cacheOf } = dependencies;
    const scope = dependencies.scope();
    return whileBeating(scope, async () => {
      const embedder = await readEmbedder(blobs, embedderDigest);
      const cache = cacheOf(embedder);
      const { images, plan, before, total } = await readDocument(blobs, embeddingChunkSchema, chunk);
      // All or nothing: a chunk that was interrupted left no shard, one that was not needs no second run.
      if ((await cache.missing(images)).length > 0) {
        const poster = createProgressPoster({ registry, logger, runId, stage: 'embed' });
        const meter = createProgressMeter();
        const activations = await runtimes
          .use(embedder.onnxDigest, (runtime) =>
            embedImages({
              images,
              embedder,
              runtime,
              blobs,
              signal: scope.signal,
              onProgress: (embedded) => {
                const { perSecond, etaSeconds } = meter.speed({ done: embedded, left: total - before - embedded });
                const eta = etaSeconds === null ? {} : { etaSeconds: Math.max(0, etaSeconds) };
                poster.post({ step: before + embedded, total, imagesPerSecond: perSecond, ...eta });
                scope.heartbeat({ step: embedded });
              },
            }),
          )
          .finally(() => poster.close());
        await cache.put(activations);
        dependencies.onEmbedded?.(images.length);
      }
      await finishStage(dependencies, { runId, plan, cache });
      return { embedded: images.length };
    });
  };

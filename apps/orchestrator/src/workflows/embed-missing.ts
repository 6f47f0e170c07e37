/** Activations of a dataset version: planned once, computed in chunks side by side over all trainers. */
import type { Digest } from '@graft/contracts';
import { mapBounded } from './map-bounded.js';
import { embed } from './proxies.js';

/** Chunks in flight over all trainers; each trainer takes as many as it has room for. */
const EMBED_LIMIT = 8;

export const embedMissing = async (runId: string, embedder: Digest, datasetVersion: Digest): Promise<void> => {
  const plan = await embed.planEmbedding({ runId, embedder, datasetVersion });
  await mapBounded({
    items: plan.chunks,
    limit: EMBED_LIMIT,
    run: (chunk) => embed.embedChunk({ runId, embedder, chunk }),
  });
};

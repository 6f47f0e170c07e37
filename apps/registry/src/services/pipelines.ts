import {
  datasetPolicySchema,
  pipelineDigest,
  type Digest,
  type PipelinePatch,
  type PipelineVersion,
} from '@graft/contracts';
import { parsePipelineFile } from '@graft/registry-client';
import type { Database } from '../db/database.js';
import { noSuch } from '../rules/not-found.js';
import type { PageAsk } from '../rules/page.js';

export const pipelineService = (db: Database) => ({
  /** What is compared is the content, defaults filled in: another comment alone makes no version. */
  applyPipeline: (yaml: string): Promise<PipelineVersion> => {
    const pipeline = parsePipelineFile(yaml);
    const digest = pipelineDigest(pipeline);
    return db.transaction(async (tx) => {
      await tx.pipelines.lock(pipeline.name);
      await tx.datasets.ensure(pipeline.data.dataset, datasetPolicySchema.parse({}));
      const latest = await tx.pipelines.get(pipeline.name);
      if (latest?.digest === digest) return latest;
      const number = (latest?.number ?? 0) + 1;
      // What a person switched off stays off: editing a file is no word on that.
      const created = await tx.pipelines.create({ pipeline, digest, yaml, number, enabled: latest?.enabled ?? true });
      tx.emit({ kind: 'pipeline', subject: pipeline.name, environment: pipeline.rollout.environment });
      return created;
    });
  },

  /** Whether runs of it start by themselves. */
  patchPipeline: (name: string, { enabled }: PipelinePatch): Promise<PipelineVersion> =>
    db.transaction(async (tx) => {
      await tx.pipelines.lock(name);
      const latest = await tx.pipelines.get(name);
      if (latest === null) throw noSuch('pipeline', name, await tx.pipelines.names());
      if (latest.enabled === enabled) return latest;
      tx.emit({ kind: 'pipeline', subject: name, environment: latest.pipeline.rollout.environment });
      return tx.pipelines.setEnabled(name, latest.number, enabled);
    }),

  getPipeline: async (name: string, number?: number): Promise<PipelineVersion> => {
    const version = await db.pipelines.get(name, number);
    if (version !== null) return version;
    if (number !== undefined) {
      const latest = await db.pipelines.get(name);
      if (latest !== null) throw noSuch(`version of pipeline ${name}`, String(number), [`1 to ${latest.number}`]);
    }
    throw noSuch('pipeline', name, await db.pipelines.names());
  },

  getPipelineEmbedder: async (pipeline: string, identity: string): Promise<{ embedder: Digest }> => {
    const embedder = await db.pipelines.findEmbedder(pipeline, identity);
    if (embedder === null) throw noSuch(`embedder of pipeline ${pipeline} with identity`, identity);
    return { embedder };
  },

  /** The first one's is kept; who comes later is told which that is. */
  keepPipelineEmbedder: async (pipeline: string, identity: Digest, embedder: Digest): Promise<{ embedder: Digest }> => {
    // A run of a selection belongs to no applied pipeline, and yet has its embedder made once.
    const isKnown =
      (await db.pipelines.get(pipeline)) !== null || (await db.runs.list({ pipeline, limit: 1 })).length > 0;
    if (!isKnown) throw noSuch('pipeline', pipeline, await db.pipelines.names());
    return { embedder: await db.pipelines.keepEmbedder(pipeline, identity, embedder) };
  },

  listPipelines: (filter: { dataset?: string | undefined }, page: PageAsk<string>): Promise<PipelineVersion[]> =>
    db.pipelines.listLatest(filter, page),
});

/** Opens a run, and closes one that did not end in a version. */
import {
  AppError,
  modelOf,
  retrainInputSchema,
  retrainWorkflowId,
  type ChampionRef,
  type ControlActivities,
  type Digest,
  type Pipeline,
  type PipelineVersion,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { z } from 'zod';
import type { ControlDependencies } from './dependencies.js';

const closeInputSchema = z.object({
  runId: z.string().min(1),
  state: z.enum(['failed', 'cancelled']),
  error: z.object({ code: z.string(), message: z.string() }),
});

const orNull = async <T>(work: Promise<T>): Promise<T | null> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  }
};

/** A run trains what was asked for, even where the pipeline was edited since. @throws AppError `not_found` */
export const findPipeline = async (
  registry: Pick<Registry, 'getPipeline'>,
  name: string,
  digest: Digest,
): Promise<PipelineVersion> => {
  const latest = await registry.getPipeline(name);
  for (let version = latest; ; version = await registry.getPipeline(name, version.number - 1)) {
    if (version.digest === digest) return version;
    if (version.number === 1) {
      throw new AppError(
        'not_found',
        `pipeline ${name} has no version with digest ${digest}; its latest is ${latest.digest}`,
      );
    }
  }
};

/** What production serves now; null where nothing was ever promoted. */
const readChampion = async (
  registry: ControlDependencies['registry'],
  pipeline: Pipeline,
): Promise<ChampionRef | null> => {
  const model = modelOf(pipeline);
  const deployment = await orNull(registry.getDeployment(model, pipeline.rollout.environment));
  if (deployment === null) return null;
  const { version, artifactDigest } = deployment.target;
  const { lineage } = await registry.getModelVersion(model, version);
  return { version, generation: deployment.generation, artifactDigest, datasetVersion: lineage.datasetVersion };
};

export const createRunActivities = ({
  registry,
  logger,
}: ControlDependencies): Pick<ControlActivities, 'openRun' | 'closeRun'> => ({
  openRun: async (input) => {
    const identity = retrainInputSchema.parse(input);
    const { pipeline } = await findPipeline(registry, identity.pipeline, identity.pipelineDigest);
    const opened = await registry.createRun({ ...identity, workflowId: retrainWorkflowId(identity) });
    const run = opened.state === 'requested' ? await registry.patchRun(opened.id, { state: 'running' }) : opened;
    if (run.state !== 'running') {
      throw new AppError('conflict', `run ${run.id} is ${run.state} already: another try needs another attempt number`);
    }
    logger.info({ runId: run.id, pipeline: identity.pipeline, datasetVersion: identity.datasetVersion }, 'run opened');
    return {
      runId: run.id,
      model: modelOf(pipeline),
      pipeline,
      champion: await readChampion(registry, pipeline),
      asked: run.asked !== null,
    };
  },

  closeRun: async (input) => {
    const { runId, state, error } = closeInputSchema.parse(input);
    const run = await registry.getRun(runId);
    // Who called it off, and why, is known already, and says more.
    const cause = run.state === 'cancelling' && state === 'cancelled' && run.error !== null ? run.error : error;
    await registry.patchRun(runId, { state, error: cause });
    logger.warn({ runId, state, code: cause.code, detail: cause.message }, 'run closed');
  },
});

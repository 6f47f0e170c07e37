/** Which retrainings a dataset version asks for: one for each enabled pipeline that subscribes, within its budget. */
import {
  digestSchema,
  nameSchema,
  trainDigest,
  type ControlActivities,
  type Digest,
  type PipelineVersion,
  type RetrainIdentityWithDigest,
} from '@graft/contracts';
import { z } from 'zod';
import type { ControlDependencies } from './dependencies.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How many of a pipeline's latest runs are searched for one of a given dataset version. */
const RECENT_RUNS = 100;

const inputSchema = z.object({ dataset: nameSchema, datasetVersion: digestSchema });

type SubscriptionActivities = Pick<ControlActivities, 'subscribedPipelines' | 'missingRuns'>;

const toIdentity = (
  { name, digest, pipeline }: PipelineVersion,
  datasetVersion: Digest,
): RetrainIdentityWithDigest => ({
  pipeline: name,
  pipelineDigest: digest,
  trainDigest: trainDigest(pipeline),
  datasetVersion,
  attempt: 1,
});

export const createSubscriptionActivities = (dependencies: ControlDependencies): SubscriptionActivities => {
  const { registry, logger, now } = dependencies;

  /** The day's runs are counted back from now: a budget of 2 allows a third one 24 hours after the first. */
  const isWithinBudget = async ({ name, pipeline }: PipelineVersion): Promise<boolean> => {
    const { maxRunsPerDay } = pipeline;
    if (maxRunsPerDay === null) return true;
    const latest = await registry.listRuns({ pipeline: name, limit: maxRunsPerDay });
    const since = now().getTime() - DAY_MS;
    return latest.filter(({ createdAt }) => Date.parse(createdAt) > since).length < maxRunsPerDay;
  };

  const within = async (
    candidates: readonly PipelineVersion[],
    datasetVersion: Digest,
  ): Promise<RetrainIdentityWithDigest[]> => {
    const identities: RetrainIdentityWithDigest[] = [];
    for (const version of candidates) {
      if (await isWithinBudget(version)) identities.push(toIdentity(version, datasetVersion));
      else logger.warn({ pipeline: version.name, datasetVersion }, "no run: the pipeline's maxRunsPerDay is used up");
    }
    return identities;
  };

  const enabledOf = async (dataset: string): Promise<PipelineVersion[]> =>
    (await registry.listPipelines({ dataset })).filter(({ enabled }) => enabled);

  return {
    subscribedPipelines: async (input) => {
      const { dataset, datasetVersion } = inputSchema.parse(input);
      return within(await enabledOf(dataset), datasetVersion);
    },

    /**
     * A pipeline that was applied after the data came, that had used up its budget, or whose start was lost with a server.
     * One that has any run of the version, a failed one too, is not started by itself again; nor is one that was only edited.
     */
    missingRuns: async () => {
      const missing: RetrainIdentityWithDigest[] = [];
      for (const { name, latestVersion } of await registry.listDatasets()) {
        if (latestVersion === null) continue;
        const unrun: PipelineVersion[] = [];
        for (const version of await enabledOf(name)) {
          const runs = await registry.listRuns({ pipeline: version.name, limit: RECENT_RUNS });
          if (!runs.some(({ datasetVersion }) => datasetVersion === latestVersion)) unrun.push(version);
        }
        missing.push(...(await within(unrun, latestVersion)));
      }
      return missing;
    },
  };
};

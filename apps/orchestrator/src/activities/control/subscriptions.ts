/** Which retrainings start by themselves: what `decideStart` says of each pipeline, read from the registry. */
import {
  decideStart,
  digestSchema,
  nameSchema,
  readRuns,
  readSameVersions,
  type ControlActivities,
  type Dataset,
  type DatasetVersion,
  type PipelineVersion,
  type RetrainIdentityWithDigest,
  type StartAnswer,
  type StartOccasion,
} from '@graft/contracts';
import { z } from 'zod';
import type { ControlDependencies } from './dependencies.js';

const versionInputSchema = z.object({ dataset: nameSchema, datasetVersion: digestSchema });
const pipelineInputSchema = z.object({ pipeline: nameSchema });

type SubscriptionActivities = Pick<ControlActivities, 'subscribedPipelines' | 'missingRuns' | 'dueRuns'>;

export const createSubscriptionActivities = (dependencies: ControlDependencies): SubscriptionActivities => {
  const { registry, logger, now } = dependencies;

  const decide = async (
    dataset: Dataset,
    datasetVersion: DatasetVersion | null,
    pipelineVersion: PipelineVersion,
    occasion: StartOccasion,
  ): Promise<StartAnswer> => {
    const at = now();
    const sameVersions = await readSameVersions((id) => registry.getDatasetVersion(id), datasetVersion);
    const runs = await readRuns((filter) => registry.listRuns(filter), {
      ...{ pipeline: pipelineVersion.name, datasetVersion: datasetVersion?.id ?? null, sameVersions, now: at },
    });
    const { onLeakage } = dataset.policy;
    return decideStart({ pipelineVersion, datasetVersion, sameVersions, onLeakage, runs, now: at, occasion });
  };

  /** What starts of a dataset's pipelines on one of its versions. */
  const startsOn = async (dataset: Dataset, datasetVersion: DatasetVersion): Promise<RetrainIdentityWithDigest[]> => {
    const starts: RetrainIdentityWithDigest[] = [];
    for (const pipelineVersion of await registry.listPipelines({ dataset: dataset.name })) {
      const { decision, identity } = await decide(dataset, datasetVersion, pipelineVersion, 'version');
      if (identity !== null) starts.push(identity);
      else logger.debug({ ...decision, datasetVersion: datasetVersion.id }, 'no run starts');
    }
    return starts;
  };

  return {
    subscribedPipelines: async (input) => {
      const { dataset, datasetVersion } = versionInputSchema.parse(input);
      return startsOn(await registry.getDataset(dataset), await registry.getDatasetVersion(datasetVersion));
    },

    /**
     * A pipeline that was applied after the data came, that had used up its budget, or whose start was lost with a server.
     * One that has any run of the version, a failed one too, is not started by itself again; nor is one that was only edited.
     */
    missingRuns: async () => {
      const missing: RetrainIdentityWithDigest[] = [];
      for (const dataset of await registry.listDatasets()) {
        if (dataset.latestVersion === null) continue;
        missing.push(...(await startsOn(dataset, await registry.getDatasetVersion(dataset.latestVersion))));
      }
      return missing;
    },

    dueRuns: async (input) => {
      const pipelineVersion = await registry.getPipeline(pipelineInputSchema.parse(input).pipeline);
      const dataset = await registry.getDataset(pipelineVersion.pipeline.data.dataset);
      const latest = dataset.latestVersion === null ? null : await registry.getDatasetVersion(dataset.latestVersion);
      const { decision, identity } = await decide(dataset, latest, pipelineVersion, 'schedule');
      logger.info({ ...decision, datasetVersion: dataset.latestVersion }, 'scheduled time has come');
      return identity === null ? [] : [identity];
    },
  };
};

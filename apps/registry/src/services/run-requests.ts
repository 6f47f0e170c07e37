import {
  retrainWorkflowId,
  trainDigest,
  type DatasetVersion,
  type PipelineVersion,
  type RequestedRun,
  type RunRequest,
} from '@graft/contracts';
import { v7 as uuid } from 'uuid';
import type { Database, Transaction } from '../db/database.js';
import { noSuch } from '../rules/not-found.js';
import { ruleRunRequest } from '../rules/run-request.js';

const MANY_RUNS = 10_000;

export const runRequestService = (db: Database) => {
  const findPipeline = async (tx: Transaction, name: string): Promise<PipelineVersion> => {
    const found = await tx.pipelines.get(name);
    if (found === null) throw noSuch('pipeline', name, await tx.pipelines.names());
    return found;
  };

  const findVersion = async (
    tx: Transaction,
    { pipeline }: PipelineVersion,
    asked: string | undefined,
  ): Promise<DatasetVersion> => {
    const { dataset } = pipeline.data;
    const found = asked === undefined ? await tx.datasets.latestVersion(dataset) : await tx.datasets.getVersion(asked);
    if (found !== null) return found;
    throw asked === undefined
      ? noSuch(`version of dataset ${dataset} for pipeline`, pipeline.name, [])
      : noSuch('dataset version', asked);
  };

  return {
    /** A pipeline that is switched off may be run by a person: off means that nothing starts by itself. */
    requestRun: (by: string, name: string, request: RunRequest): Promise<RequestedRun> =>
      db.transaction(async (tx) => {
        await tx.pipelines.lock(name);
        const pipelineVersion = await findPipeline(tx, name);
        const datasetVersion = await findVersion(tx, pipelineVersion, request.datasetVersion);
        const train = trainDigest(pipelineVersion.pipeline);
        const ofVersion = { pipeline: name, datasetVersion: datasetVersion.id, limit: MANY_RUNS };
        const ruling = ruleRunRequest({
          pipelineVersion,
          datasetVersion,
          onLeakage: (await tx.datasets.get(datasetVersion.dataset))?.policy.onLeakage ?? 'block',
          present: (await tx.runs.list(ofVersion)).filter((run) => run.trainDigest === train),
          again: request.again ?? false,
        });
        if ('run' in ruling) return { run: ruling.run, created: false };
        const identity = {
          ...{ pipeline: name, datasetVersion: datasetVersion.id, trainDigest: train, attempt: ruling.attempt },
        };
        const { run, created } = await tx.runs.createOrGet(
          uuid(),
          { ...identity, pipelineDigest: pipelineVersion.digest, workflowId: retrainWorkflowId(identity) },
          { by, reason: request.reason },
        );
        if (created) tx.emit({ kind: 'run', subject: run.id, environment: null });
        return { run, created };
      }),
  };
};

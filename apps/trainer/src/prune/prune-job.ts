/** Does a job that prunes, in the training process: gradients of real images say which channels matter least. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import {
  featureImportance,
  pruneNetwork,
  readSafetensors,
  readTrainedWeights,
  trainedNetwork,
  writeTrainedWeights,
} from '@graft/models';
import { openExamples } from '../train/job-examples.js';
import { JOB_FILES, pruningOutcomeSchema, type TrainingJob, type TrainingNews } from '../train/training-protocol.js';
import { writeWhole } from '../train/whole-file.js';

/**
 * Scores the channels of the plan's network by what they do to its features of the job's training examples, and narrows it.
 * @throws AppError `invalid_request` where so much can't go, with what can; `missing_prerequisite` without TensorFlow.
 */
export const pruneJob = async (options: {
  readonly job: TrainingJob;
  readonly folder: string;
  /** The built examples-worker.js. */
  readonly workerProgram: URL;
  readonly macsShare: number;
  readonly tell: (news: TrainingNews) => Promise<void>;
}): Promise<void> => {
  const { job, folder, workerProgram, macsShare, tell } = options;
  const { plan, classes, weightsPath, metadata } = job;
  if (weightsPath === null) throw new AppError('internal', 'a job that prunes needs the weights of what it prunes');
  const { graph } = trainedNetwork(plan, classes);
  const { tensors } = readSafetensors(await readFile(weightsPath));
  const weights = readTrainedWeights({ network: plan.backbone, graph, tensors });
  const { train: examples } = openExamples({ job, folder, workerProgram });
  const scores = await featureImportance({
    ...{ graph, weights, examples },
    onProgress: (done, total) => tell({ type: 'scored', done, total }),
  });
  const pruned = pruneNetwork({ graph, weights, macsShare, scores });
  await writeWhole(join(folder, JOB_FILES.pruned), writeTrainedWeights({ ...pruned, metadata }));
  const outcome = { channels: Object.fromEntries(pruned.channels), macsShare: pruned.macsShare };
  await writeWhole(join(folder, JOB_FILES.outcome), JSON.stringify(pruningOutcomeSchema.parse(outcome)));
};

/** Does a job that trains, in the training process, and leaves the result in the job's folder. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toAppError } from '@graft/contracts';
import {
  availablePrecision,
  fineTune,
  loadTensorFlow,
  readCheckpoint,
  startWeights,
  teacherNetwork,
  trainedNetwork,
  writeTrainedWeights,
  type FineTuned,
} from '@graft/models';
import { openExamples } from './job-examples.js';
import {
  checkpointFile,
  JOB_FILES,
  trainingOutcomeSchema,
  type TrainingJob,
  type TrainingNews,
} from './training-protocol.js';
import { writeWhole } from './whole-file.js';

export interface TrainJobOptions {
  readonly job: TrainingJob;
  readonly folder: string;
  /** The step of the folder's checkpoint to go on from; null: from the start. */
  readonly fromStep: number | null;
  /** The built examples-worker.js. */
  readonly workerProgram: URL;
  /** Resolves when the news are on their way. */
  readonly tell: (news: TrainingNews) => Promise<void>;
}

/** Between two steps that are told: more would be dropped by whoever posts them. */
const STEP_NEWS_MS = 200;

/** The network that a recovery is held against; null: the job has none. */
const readTeacher = async ({ plan, classes, teacherPath }: TrainingJob) => {
  const { pruning } = plan;
  if (pruning === null || teacherPath === null) return null;
  return teacherNetwork({ ...plan, pruning }, { classes, tensors: readCheckpoint(await readFile(teacherPath)) });
};

/** Trains from a checkpoint; from the start, with a warning, where the checkpoint turns out to be another training's. */
const resumeOrRestart = async (
  options: TrainJobOptions,
  train: (resume: Uint8Array | null) => Promise<FineTuned>,
): Promise<FineTuned> => {
  const { folder, fromStep, tell } = options;
  if (fromStep === null) return train(null);
  try {
    return await train(await readFile(join(folder, checkpointFile(fromStep))));
  } catch (thrown) {
    const { code, message } = toAppError(thrown);
    if (code !== 'checkpoint_unfit') throw thrown;
    await tell({
      type: 'warning',
      message: `the checkpoint of step ${fromStep} can't be used (${message}); training begins anew`,
    });
    return train(null);
  }
};

/** @throws AppError what `fineTune` throws; `checkpoint_unfit` for pre-trained weights of another network. */
export const trainJob = async (options: TrainJobOptions): Promise<void> => {
  const { job, folder, workerProgram, tell } = options;
  const { plan, classes } = job;
  const { settings } = plan;
  const { version, packageName, gpu } = loadTensorFlow();
  const precision = availablePrecision(settings.precision, { cpuClass: job.cpuClass, gpu });
  const network = trainedNetwork(plan, classes);
  const checkpoint = job.weightsPath === null ? null : readCheckpoint(await readFile(job.weightsPath));
  const weights = startWeights({ network, plan, classes, checkpoint, seed: settings.seed });
  const teacher = await readTeacher(job);
  const examples = openExamples({ job, folder, workerProgram });

  let toldAt = -Infinity;
  const tuned = await resumeOrRestart(options, (resume) =>
    fineTune({
      graph: network.graph,
      weights,
      stages: network.stages,
      ...examples,
      settings,
      precision,
      ...(teacher === null ? {} : { teacher }),
      ...(resume === null ? {} : { resume }),
      checkpointSeconds: job.checkpointSeconds,
      onStep: async ({ step, steps, epoch, loss, imagesPerSecond }) => {
        const now = performance.now();
        if (now - toldAt < STEP_NEWS_MS || !Number.isFinite(loss)) return;
        toldAt = now;
        await tell({ type: 'step', step, steps, epoch, loss, imagesPerSecond });
      },
      onEpoch: ({ epoch, loss, valLoss, accuracy }) => tell({ type: 'epoch', epoch, loss, valLoss, accuracy }),
      onCheckpoint: async ({ step, bytes }) => {
        await writeWhole(join(folder, checkpointFile(step)), bytes);
        await tell({ type: 'checkpoint', step, digest: createHash('sha256').update(bytes).digest('hex') });
      },
      onWarning: (message) => tell({ type: 'warning', message }),
    }),
  );

  const tensorflow = `${packageName} ${version}`;
  await writeWhole(
    join(folder, JOB_FILES.trained),
    writeTrainedWeights({ graph: network.graph, weights: tuned.weights, metadata: { ...job.metadata, tensorflow } }),
  );
  const { bestEpoch, stoppedBy, microBatch, epochs } = tuned;
  const comparisonLogits = tuned.comparisonLogits.map((logits) => [...logits]);
  await writeWhole(
    join(folder, JOB_FILES.outcome),
    JSON.stringify(
      trainingOutcomeSchema.parse({
        bestEpoch,
        stoppedBy,
        precision,
        microBatch,
        epochs,
        tensorflow,
        comparisonLogits,
      }),
    ),
  );
};

/**
 * Trains what a plan says, in a process of its own that may die and be started again. The same input gives the same
 * weights and the same history, byte for byte, however often it was interrupted.
 */
import { join } from 'node:path';
import { readDocument } from '@graft/artifacts';
import {
  activationsSchema,
  isRetryable,
  toAppError,
  trainingPlanSchema,
  trainModelInputSchema,
  type DatasetRoot,
  type ManifestImage,
  type TrainActivities,
} from '@graft/contracts';
import { checkTrainable, readDatasetVersion } from '@graft/data';
import { whileBeating } from '@graft/platform/temporal';
import { removeAbandonedCheckpoints } from '../checkpoints/remove-abandoned.js';
import { createRunCheckpoints, type RunCheckpoints } from '../checkpoints/run-checkpoints.js';
import { imagesOfSplit } from '../dataset-images.js';
import { readEmbedder } from '../embed/complete-features.js';
import { reportStage } from '../stage-reporter.js';
import { chooseImages } from './comparison-images.js';
import { withJobFolder } from './job-folder.js';
import { keepResult } from './keep-result.js';
import {
  prepareJob,
  trainingProcessOf,
  type TrainingSplits,
  type TrainingWork,
  type TrainModelDependencies,
} from './prepare-job.js';
import { superviseTraining } from './supervise-training.js';
import { createTrainingProgress } from './training-news.js';
import { checkpointFile } from './training-protocol.js';
import { withLabelIndices, type LabelledImage } from './write-job.js';

export type { TrainModelDependencies } from './prepare-job.js';

const splitsOf = (root: Pick<DatasetRoot, 'labels'>, images: readonly ManifestImage[]): TrainingSplits => {
  const labelled = new Map(withLabelIndices(images, root.labels).map((image) => [image.sha256, image]));
  const splitOf = (split: 'train' | 'val'): LabelledImage[] =>
    withLabelIndices(imagesOfSplit(images, split), root.labels);
  return {
    train: splitOf('train'),
    validation: splitOf('val'),
    comparison: chooseImages(images).flatMap((sha256) => labelled.get(sha256) ?? []),
  };
};

/** Runs the training of a job's folder, telling how it goes and keeping its checkpoints. */
const train = async (folder: string, work: TrainingWork, checkpoints: RunCheckpoints): Promise<void> => {
  const { dependencies, plan, reporter, signal } = work;
  const { logger } = dependencies;
  const pathOf = (step: number): string => join(folder, checkpointFile(step));
  const warn = (message: string): void => {
    reporter.warning(message).catch((err: unknown) => logger.warn({ err }, 'warning not posted'));
  };
  const found = await checkpoints.recover(pathOf);
  if (found !== null && 'unusable' in found) warn(`${found.unusable}; training begins anew`);
  const toProgress = createTrainingProgress(plan.settings.batchSize);
  try {
    await superviseTraining({
      ...trainingProcessOf(dependencies),
      folder,
      signal,
      onRestart: warn,
      onNews: (news) => {
        if (news.type === 'warning') warn(news.message);
        else if (news.type === 'checkpoint')
          checkpoints.keep({ path: pathOf(news.step), step: news.step, digest: news.digest });
        else if (news.type !== 'scored') {
          const progress = toProgress(news);
          if (progress !== null) reporter.progress(progress);
        }
      },
    });
  } finally {
    await checkpoints.settle();
  }
};

/** The worker was told that nobody wants this run any more; a worker that shuts down will go on elsewhere. */
const isCalledOff = (signal: AbortSignal): boolean =>
  signal.aborted && signal.reason instanceof Error && signal.reason.message === 'CANCELLED';

/** Whether nothing will go on from the checkpoints of a training that failed so. */
const isOver = (thrown: unknown, signal: AbortSignal): boolean =>
  signal.aborted ? isCalledOff(signal) : !isRetryable(toAppError(thrown).code);

export const createTrainModel =
  (dependencies: TrainModelDependencies): TrainActivities['trainModel'] =>
  (input) => {
    const parsed = trainModelInputSchema.parse(input);
    const { runId, plan: planDigest, embedder: embedderDigest, datasetVersion } = parsed;
    const { registry, objects, blobs, logger } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, async () => {
      const plan = await readDocument(blobs, trainingPlanSchema, planDigest);
      const stage = plan.pruning === null ? 'train' : 'recover';
      return reportStage({ registry, logger, runId, stage }, async (reporter) => {
        const { root, images } = await readDatasetVersion(blobs, datasetVersion);
        checkTrainable({ root, images });
        const embedder = await readEmbedder(blobs, embedderDigest);
        const activations =
          parsed.activations === undefined ? null : await readDocument(blobs, activationsSchema, parsed.activations);
        const splits = splitsOf(root, images);
        const work: TrainingWork = { dependencies, plan, embedder, activations, splits, reporter, signal };
        const checkpoints = createRunCheckpoints({ objects, registry, logger, runId, plan: planDigest });
        const metadata = {
          labels: JSON.stringify(root.labels),
          plan: planDigest,
          embedder: embedderDigest,
          datasetVersion,
        };
        try {
          return await withJobFolder(async (folder) => {
            const { labels } = root;
            const shards = await prepareJob(folder, work, { classes: labels.length, metadata });
            await train(folder, work, checkpoints);
            const kept = await keepResult(folder, { work, planDigest, embedderDigest, labels, shards });
            await checkpoints.clear();
            await removeAbandonedCheckpoints({ objects, registry }).catch((err: unknown) =>
              logger.warn({ err }, 'checkpoints of other runs not looked at'),
            );
            return kept;
          });
        } catch (thrown) {
          if (isOver(thrown, signal))
            await checkpoints.clear().catch((err: unknown) => logger.warn({ err, runId }, 'checkpoints not removed'));
          throw thrown;
        }
      });
    });
  };

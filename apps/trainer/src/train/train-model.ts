/** Trains a head on cached features, in a child process. The same input gives the same head, byte for byte. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDocument } from '@graft/artifacts';
import {
  historySchema,
  trainModelInputSchema,
  type Embedder,
  type FeatureSource,
  type TrainActivities,
} from '@graft/contracts';
import { checkTrainable, readDatasetVersion } from '@graft/data';
import { readSafetensors, writeSafetensors, type CheckpointTensor } from '@graft/models';
import type { ActivationCache } from '../activation-cache/activation-cache.js';
import { whileBeating } from '@graft/platform/temporal';
import type { TrainerDependencies } from '../dependencies.js';
import { completeFeatures, readEmbedder } from '../embed/complete-features.js';
import { createProgressMeter } from '../progress-meter.js';
import { reportStage } from '../stage-reporter.js';
import { runTrainingProcess } from './run-training.js';
import { labelledFeatures, type LabelledFeatures } from './training-data.js';
import { FEATURE_TENSORS, JOB_FILES, trainingOutcomeSchema, type TrainingJob } from './training-protocol.js';

export type TrainModelDependencies = Omit<TrainerDependencies, 'objects' | 'cacheDir' | 'diskCache'> & {
  readonly cacheOf: (embedder: Embedder) => ActivationCache;
  readonly onTrainingProcess?: (pid: number) => void;
};

const writeJob = async (
  folder: string,
  { job, train, val }: { job: TrainingJob; train: LabelledFeatures; val: LabelledFeatures },
): Promise<void> => {
  const matrix = ({ features, labels }: LabelledFeatures): CheckpointTensor => ({
    shape: [labels.length, job.featureLength],
    dtype: 'F32',
    data: features,
  });
  const vector = ({ labels }: LabelledFeatures): CheckpointTensor => ({
    shape: [labels.length],
    dtype: 'I32',
    data: labels,
  });
  await writeFile(
    join(folder, JOB_FILES.features),
    writeSafetensors(
      new Map<string, CheckpointTensor>([
        [FEATURE_TENSORS.trainFeatures, matrix(train)],
        [FEATURE_TENSORS.trainLabels, vector(train)],
        [FEATURE_TENSORS.valFeatures, matrix(val)],
        [FEATURE_TENSORS.valLabels, vector(val)],
      ]),
    ),
  );
  await writeFile(join(folder, JOB_FILES.job), JSON.stringify(job));
};

const withFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'graft-train-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

export const createTrainModel =
  (dependencies: TrainModelDependencies): TrainActivities['trainModel'] =>
  (input) => {
    const { runId, embedder: embedderDigest, datasetVersion, train: config } = trainModelInputSchema.parse(input);
    const { registry, blobs, logger, machine, cacheOf } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'train' }, async (reporter) => {
        const { root, images } = await readDatasetVersion(blobs, datasetVersion);
        checkTrainable({ root, images });
        const embedder = await readEmbedder(blobs, embedderDigest);
        const source: FeatureSource = completeFeatures({
          dependencies,
          cache: cacheOf(embedder),
          embedder,
          signal,
          onRecomputed: (count) =>
            reporter.warning(`features of ${count} images were not in the cache any more and are computed again`),
        });
        const train = await labelledFeatures({ root, images, split: 'train', source });
        const val = await labelledFeatures({ root, images, split: 'val', source });

        return withFolder(async (folder) => {
          const job: TrainingJob = {
            config,
            featureLength: embedder.featureLength,
            classes: root.labels.length,
          };
          await writeJob(folder, { job, train, val });
          const meter = createProgressMeter();
          await runTrainingProcess({
            programPath: dependencies.trainProcessPath,
            folder,
            heapMib: dependencies.trainProcessHeapMib,
            signal,
            logger,
            ...(dependencies.onTrainingProcess ? { onSpawn: dependencies.onTrainingProcess } : {}),
            onEpoch: ({ epoch, loss, valLoss, accuracy }) => {
              const { etaSeconds } = meter.speed({ done: epoch, left: config.epochs - epoch });
              reporter.progress({
                step: epoch,
                total: config.epochs,
                loss,
                ...(valLoss === null ? {} : { valLoss }),
                ...(accuracy === null ? {} : { accuracy }),
                ...(etaSeconds === null ? {} : { etaSeconds }),
              });
            },
          });

          const outcome = trainingOutcomeSchema.parse(
            JSON.parse(await readFile(join(folder, JOB_FILES.outcome), 'utf8')),
          );
          // Written again here with what it belongs to, so that the file alone says which classes its rows are.
          const { tensors } = readSafetensors(await readFile(join(folder, JOB_FILES.head)));
          const head = await blobs.put(
            writeSafetensors(tensors, {
              schemaVersion: 'head.v1',
              labels: JSON.stringify(root.labels),
              embedder: embedderDigest,
              datasetVersion,
              tensorflow: outcome.tensorflow,
            }),
            { mediaType: 'application/vnd.safetensors' },
          );
          const history = await writeDocument(blobs, historySchema, {
            schemaVersion: 'history.v1',
            head,
            labels: root.labels,
            trainImages: train.labels.length,
            valImages: val.labels.length,
            bestEpoch: outcome.bestEpoch,
            epochs: outcome.epochs,
            runtime: {
              tensorflow: outcome.tensorflow,
              onnxruntime: machine.onnxruntimeVersion,
              node: process.version,
              cpuClass: machine.cpuClass,
            },
          });
          const best = outcome.epochs.find(({ epoch }) => epoch === outcome.bestEpoch);
          return {
            result: { head, history },
            data: {
              trainImages: train.labels.length,
              valImages: val.labels.length,
              epochs: outcome.epochs.length,
              bestEpoch: outcome.bestEpoch,
              valAccuracy: best?.accuracy ?? null,
              valLoss: best?.valLoss ?? null,
            },
          };
        });
      }),
    );
  };

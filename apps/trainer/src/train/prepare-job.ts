/** Prepares a training in the trainer: what it reads goes into the job's folder. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFromBuckets } from '@graft/artifacts';
import type { Activations, ActivationKey, Digest, Embedder, TrainingPlan } from '@graft/contracts';
import { describeNetwork, resolveWeights, weightsOf } from '@graft/models';
import type { ActivationCache } from '../activation-cache/activation-cache.js';
import { activationKeyOf } from '../activation-cache/activation-key.js';
import { createPinnedActivations, type TrainerDependencies } from '../dependencies.js';
import { completeFeatures } from '../embed/complete-features.js';
import { embedImages } from '../embed/embed-images.js';
import type { StageReporter } from '../stage-reporter.js';
import type { SuperviseOptions } from './supervise-training.js';
import { JOB_FILES, type TrainingJob } from './training-protocol.js';
import { writeActivations, writeFreshActivations, writeImages, writeJob, type LabelledImage } from './write-job.js';

export type TrainModelDependencies = TrainerDependencies & {
  readonly cacheOf: (embedder: Embedder) => ActivationCache;
  readonly onTrainingProcess?: (pid: number) => void;
};

/** How the trainer starts its training process, whatever the job. */
export const trainingProcessOf = (
  dependencies: TrainModelDependencies,
): Pick<SuperviseOptions, 'programPath' | 'heapMib' | 'memoryMib' | 'logger' | 'onSpawn'> => {
  const { trainProcessPath, trainProcessHeapMib, trainMemoryMib, logger, onTrainingProcess } = dependencies;
  return {
    programPath: trainProcessPath,
    heapMib: trainProcessHeapMib,
    memoryMib: trainMemoryMib,
    logger,
    ...(onTrainingProcess ? { onSpawn: onTrainingProcess } : {}),
  };
};

/** The images of a dataset version that a training sees. */
export interface TrainingSplits {
  readonly train: readonly LabelledImage[];
  readonly validation: readonly LabelledImage[];
  /** What the exported form is compared on. */
  readonly comparison: readonly LabelledImage[];
}

/** What one run of the activity works on. */
export interface TrainingWork {
  readonly dependencies: TrainModelDependencies;
  readonly plan: TrainingPlan;
  readonly embedder: Embedder;
  /** What alone may be read of the cached activations; null: all of them. */
  readonly activations: Activations | null;
  readonly splits: TrainingSplits;
  readonly reporter: StageReporter;
  readonly signal: AbortSignal;
}

type JobSets = Pick<TrainingJob, 'train' | 'validation' | 'comparison'> & {
  /** The activation shards that were read, in ascending order; null: none, since it learns from images. */
  readonly shards: readonly Digest[] | null;
};

/** Where a training's activations are read from. */
const openActivations = ({ dependencies, embedder, activations }: TrainingWork): ActivationCache =>
  activations === null ? dependencies.cacheOf(embedder) : createPinnedActivations(dependencies, embedder, activations);

/** Under which key the shards that a training reads lie. */
export const activationKeyUsed = ({ dependencies, embedder, activations }: TrainingWork): ActivationKey =>
  activations?.key ?? activationKeyOf(embedder, dependencies.machine);

const writeActivationSets = async (folder: string, work: TrainingWork): Promise<JobSets> => {
  const { dependencies, embedder, splits, reporter, signal } = work;
  const { blobs, runtimes } = dependencies;
  const source = completeFeatures({
    dependencies,
    cache: openActivations(work),
    embedder,
    signal,
    onRecomputed: (count) =>
      reporter.warning(`features of ${count} images were not in the cache any more and are computed again`),
  });
  const shape = embedder.shape ?? [embedder.featureLength];
  const used = new Set<Digest>();
  const cached = async (file: string, images: readonly LabelledImage[]): Promise<TrainingJob['train']> => {
    const { examples, shards } = await writeActivations({ folder, file, images, source, shape });
    for (const shard of shards) used.add(shard);
    return examples;
  };
  // Computed anew: what is served sees them in full precision, which a cache of maps doesn't keep.
  const images = splits.comparison.map(({ sha256 }) => sha256);
  const { values } = await runtimes.use(embedder.onnxDigest, (runtime) =>
    embedImages({ images, embedder, runtime, blobs, signal }),
  );
  return {
    train: await cached('train.activations', splits.train),
    validation: await cached('validation.activations', splits.validation),
    comparison: await writeFreshActivations({
      folder,
      file: 'comparison.activations',
      images: splits.comparison,
      values,
      shape,
    }),
    shards: [...used].sort(),
  };
};

const writeImageSets = async (folder: string, { dependencies, splits, signal }: TrainingWork): Promise<JobSets> => {
  const write = (images: readonly LabelledImage[]): Promise<TrainingJob['train']> =>
    writeImages({ folder, images, blobs: dependencies.blobs, signal });
  return {
    train: await write(splits.train),
    validation: await write(splits.validation),
    comparison: await write(splits.comparison),
    shards: null,
  };
};

/** The weights that training starts from, on this machine: the pruned network's, or the very ones that the embedder was made of. */
const findWeights = async (
  folder: string,
  { dependencies, plan, embedder, signal }: TrainingWork,
): Promise<string | null> => {
  if (plan.pruning !== null) {
    const path = join(folder, JOB_FILES.pruned);
    await writeFile(path, await dependencies.blobs.get(plan.pruning.weights));
    return path;
  }
  if (plan.strategy === 'head' || plan.strategy === 'scratch') return null;
  const { reference } = weightsOf(describeNetwork(plan.backbone), plan.weights ?? undefined);
  const { path } = await resolveWeights(reference, {
    cacheDir: dependencies.cacheDir,
    expectedDigest: embedder.weightsDigest,
    objects: readFromBuckets(dependencies.bucket),
    signal,
  });
  return path;
};

/** The weights of the network that a recovery learns from, on this machine. */
const findTeacher = async (folder: string, { dependencies, plan }: TrainingWork): Promise<string | null> => {
  if (plan.pruning === null) return null;
  const path = join(folder, JOB_FILES.whole);
  await writeFile(path, await dependencies.blobs.get(plan.pruning.teacher.weights));
  return path;
};

/** Decoded pixels worth keeping: 7,000 images of 224². */
const KEEP_BYTES = 2 ** 30;
/** Of the memory that the training may take. */
const KEEP_SHARE = 1 / 8;

/**
 * Writes the job with everything that it names. The same input gives the same job.
 * @returns the activation shards that were read, in ascending order; null: none, since it learns from images
 */
export const prepareJob = async (
  folder: string,
  work: TrainingWork,
  { classes, metadata }: Pick<TrainingJob, 'classes' | 'metadata'>,
): Promise<readonly Digest[] | null> => {
  const { dependencies, plan, embedder } = work;
  const { shards, ...sets } = await (plan.learnsFromActivations ? writeActivationSets : writeImageSets)(folder, work);
  await writeJob(folder, {
    prune: null,
    plan,
    classes,
    preprocessing: embedder.preprocessing,
    ...sets,
    weightsPath: await findWeights(folder, work),
    teacherPath: await findTeacher(folder, work),
    cpuClass: dependencies.machine.cpuClass,
    checkpointSeconds: dependencies.checkpointSeconds,
    keepBytes: Math.min(KEEP_BYTES, Math.floor(KEEP_SHARE * dependencies.trainMemoryMib * 2 ** 20)),
    metadata,
  });
  return shards;
};

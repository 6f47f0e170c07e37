/** Jobs as the trainer writes them, small enough for tests. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingPlan, TrainingSettings } from '@graft/contracts';
import { findArchitecture } from '@graft/models';
import sharp from 'sharp';
import { JOB_FILES, type JobExamples, type TrainingJob } from '../train/training-protocol.js';

export const SETTINGS: TrainingSettings = {
  epochs: 4,
  batchSize: 4,
  optimizer: 'adamw',
  momentum: 0.9,
  learningRate: 0.001,
  warmUp: 0.05,
  layerDecay: 1,
  weightDecay: 0.1,
  labelSmoothing: 0.1,
  classWeights: 'none',
  clipNorm: null,
  averageDecay: null,
  batchNorm: 'frozen',
  augment: null,
  precision: 'float32',
  patience: 100,
  keeps: 'best',
  seed: 1,
};

const architecture = findArchitecture('mobilenet_v3_small');
const FEATURES = 1024;
const SIZE = 32;

const PLAN: TrainingPlan = {
  schemaVersion: 'training-plan.v1',
  backbone: 'mobilenet_v3_small',
  weights: null,
  inputSize: SIZE,
  strategy: 'head',
  embedder: 'fp32',
  pruning: null,
  cut: architecture.cut,
  learnsFromActivations: true,
  trainedParameters: 2 * FEATURES + 2,
  frozenParameters: 1_500_000,
  settings: SETTINGS,
  reasons: [],
  warnings: [],
};

const jobOf = (plan: TrainingPlan, sets: Pick<TrainingJob, 'train' | 'validation' | 'comparison'>): TrainingJob => ({
  prune: null,
  plan,
  classes: 2,
  preprocessing: {
    schemaVersion: 'preprocessing.v1',
    inputSize: SIZE,
    cropShare: 0.875,
    interpolation: 'bilinear',
    mean: [127, 127, 127],
    std: [128, 128, 128],
  },
  ...sets,
  weightsPath: null,
  teacherPath: null,
  cpuClass: 'test',
  checkpointSeconds: 0,
  keepBytes: 2 ** 20,
  metadata: { labels: '["a","b"]' },
});

const writeJson = (folder: string, job: TrainingJob): Promise<void> =>
  writeFile(join(folder, JOB_FILES.job), JSON.stringify(job));

/** A classifier on vectors, of which those of the two classes are apart. */
export const writeHeadJob = async (folder: string, settings: Partial<TrainingSettings> = {}): Promise<TrainingJob> => {
  const write = async (file: string, count: number): Promise<JobExamples> => {
    const labels = Array.from({ length: count }, (_, row) => row % 2);
    const values = Float32Array.from({ length: count * FEATURES }, (_, at) => {
      const row = Math.floor(at / FEATURES);
      return Math.sin(at * 12.9898) + (at % 7 === 0 ? (row % 2) - 0.5 : 0);
    });
    await writeFile(join(folder, file), new Uint8Array(values.buffer));
    return { kind: 'activations', file, shape: [FEATURES], storage: 'float32', labels };
  };
  const job = jobOf(
    { ...PLAN, settings: { ...SETTINGS, ...settings } },
    { train: await write('train', 10), validation: await write('validation', 4), comparison: await write('some', 2) },
  );
  await writeJson(folder, job);
  return job;
};

/** A whole network from random weights, on images that are dark or bright. */
export const writeScratchJob = async (
  folder: string,
  settings: Partial<TrainingSettings> = {},
): Promise<TrainingJob> => {
  await mkdir(join(folder, JOB_FILES.images), { recursive: true });
  const write = async (firstSeed: number, count: number): Promise<JobExamples> => {
    const labels = Array.from({ length: count }, (_, row) => row % 2);
    const images = await Promise.all(
      labels.map(async (label, row) => {
        const pixels = Uint8Array.from({ length: 48 * 40 * 3 }, (_, at) => {
          const noise = Math.abs(Math.sin((at + 1) * 78.233 * (firstSeed + row))) * 100;
          return label * 120 + noise;
        });
        const bytes = await sharp(pixels, { raw: { width: 48, height: 40, channels: 3 } })
          .png()
          .toBuffer();
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        await writeFile(join(folder, JOB_FILES.images, sha256), bytes);
        return sha256;
      }),
    );
    return { kind: 'images', images, labels };
  };
  const augment = { flip: true, minCropShare: 0.5, colour: 0.1 };
  const job = jobOf(
    {
      ...PLAN,
      strategy: 'scratch',
      learnsFromActivations: false,
      settings: { ...SETTINGS, epochs: 2, batchNorm: 'batch', augment, ...settings },
    },
    { train: await write(1, 10), validation: await write(50, 4), comparison: await write(90, 2) },
  );
  await writeJson(folder, job);
  return job;
};

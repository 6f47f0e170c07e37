/** Trainings that are known to go wrong, as a practitioner would say it: what was found, and the way out. */
import type { GUARD_RAILS, Strategy, TrainingSettings } from '@graft/contracts';
import { scalingWarnings } from '../architectures/efficientnet/compound-scaling.js';
import { customScaleNamed } from '../architectures/efficientnet/custom.js';
import { countImages, formatCount, formatImages, labelsInUse, type DatasetSummary } from './dataset-summary.js';
import { idleSettings } from './idle-settings.js';
import type { TrainedPart } from './trained-part.js';
import type { Train } from './training-settings.js';

export type GuardRail = (typeof GUARD_RAILS)[number];

export interface Objection {
  /** Which one it is, where a pipeline can allow it; null: it never refuses. */
  readonly rail: GuardRail | null;
  readonly severity: 'refuses' | 'warns';
  readonly message: string;
}

export interface JudgedTraining {
  readonly architecture: string;
  readonly strategy: Strategy;
  readonly part: TrainedPart;
  readonly settings: TrainingSettings;
  readonly dataset: DatasetSummary;
  readonly train: Train;
}

/** Networks of this kind are trained from scratch on ImageNet's 1,300 images a label; on a few hundred they memorize. */
const SCRATCH_LEAST_PER_LABEL = 500;
/** ImageNet gives a ResNet-50 20 images' worth of parameters an image, CIFAR-10 a ResNet-18 220: ten times that is absurd. */
const SCRATCH_MOST_PARAMETERS_PER_IMAGE = 2_000;
/**
 * Pre-trained weights start near a good answer, and early stopping keeps them there: hymenoptera's 244 photos bear all of
 * lite0 (14,000 parameters an image).
 */
const WARN_PARAMETERS_PER_IMAGE = 50_000;
const REFUSE_PARAMETERS_PER_IMAGE = 10 * WARN_PARAMETERS_PER_IMAGE;
/** Below it a label's mean and its val images say little. */
const WARN_IMAGES_PER_LABEL = 10;
/** More than a classifier can't be learned where half of the labels have fewer. */
const REFUSE_MEDIAN_IMAGES = 5;
const WARN_IMBALANCE = 10;
/** Statistics of smaller batches are noise (Wu & He, arXiv:1803.08494, figure 1). */
const LEAST_BATCH_FOR_STATISTICS = 16;
/** A message names so many labels. */
const NAMED = 5;

const scratchOnFewImages = ({ strategy, part, dataset, architecture }: JudgedTraining): Objection[] => {
  if (strategy !== 'scratch') return [];
  const { train } = countImages(dataset);
  const perLabel = train / labelsInUse(dataset).length;
  const perImage = part.trainedParameters / train;
  if (perLabel >= SCRATCH_LEAST_PER_LABEL && perImage <= SCRATCH_MOST_PARAMETERS_PER_IMAGE) return [];
  const message =
    `from scratch, ${formatCount(part.trainedParameters)} random parameters of ${architecture} would have to be learned from ` +
    `${formatImages(train)} (${formatCount(perLabel)} a label, ${formatCount(perImage)} parameters an image), which it would know by heart; ` +
    `it takes ${SCRATCH_LEAST_PER_LABEL} a label at least, and ${formatCount(SCRATCH_MOST_PARAMETERS_PER_IMAGE)} parameters an image at most: ` +
    'start from pre-trained weights with train.strategy `partial` or `full`';
  return [{ rail: 'scratch_on_few_images', severity: 'refuses', message }];
};

const tooManyParameters = ({ strategy, part, dataset, architecture }: JudgedTraining): Objection[] => {
  if (strategy !== 'partial' && strategy !== 'full') return [];
  const { train } = countImages(dataset);
  const perImage = part.trainedParameters / train;
  if (perImage <= WARN_PARAMETERS_PER_IMAGE) return [];
  const less =
    strategy === 'full' ? 'train.strategy `partial` or `head`' : 'fewer train.stages or train.strategy `head`';
  const message =
    `${formatCount(part.trainedParameters)} parameters of ${architecture} train on ${formatImages(train)}: ` +
    `${formatCount(perImage)} an image, where ${formatCount(WARN_PARAMETERS_PER_IMAGE)} is much already; ` +
    `choose ${less}, a smaller backbone, or land more images`;
  return [
    {
      rail: 'too_many_parameters',
      severity: perImage > REFUSE_PARAMETERS_PER_IMAGE ? 'refuses' : 'warns',
      message,
    },
  ];
};

const listed = (labels: readonly string[]): string =>
  labels.slice(0, NAMED).join(', ') + (labels.length > NAMED ? ` and ${labels.length - NAMED} more` : '');

const tooFewImages = ({ strategy, dataset }: JudgedTraining): Objection[] => {
  const poor = labelsInUse(dataset)
    .filter(({ train }) => train < WARN_IMAGES_PER_LABEL)
    .sort((a, b) => a.train - b.train || (a.label < b.label ? -1 : 1));
  if (poor.length === 0) return [];
  const refuses = strategy !== 'head' && countImages(dataset).median < REFUSE_MEDIAN_IMAGES;
  const way = refuses ? 'choose train.strategy `head`, or land more of them' : 'land more of them';
  return [
    {
      rail: 'too_few_images',
      severity: refuses ? 'refuses' : 'warns',
      message:
        `labels with fewer than ${WARN_IMAGES_PER_LABEL} training images are learned by luck: ` +
        `${listed(poor.map(({ label, train }) => `"${label}" ${train}`))}; ${way}`,
    },
  ];
};

/** Labels that no val or test image speaks for. */
const unjudgedLabels = ({ dataset }: JudgedTraining): Objection[] =>
  (
    [
      ['val', 'early stopping is blind to them'],
      ['test', 'the evaluation says nothing of them'],
    ] as const
  ).flatMap(([split, consequence]) => {
    const without = labelsInUse(dataset)
      .filter((label) => label[split] === 0)
      .map(({ label }) => `"${label}"`);
    if (without.length === 0) return [];
    return [
      {
        rail: null,
        severity: 'warns' as const,
        message: `labels without ${split} images: ${listed(without)}; ${consequence}: land more of them`,
      },
    ];
  });

const imbalance = ({ dataset, settings }: JudgedTraining): Objection[] => {
  const { least, most } = countImages(dataset);
  if (least === 0 || most / least <= WARN_IMBALANCE || settings.classWeights === 'balanced') return [];
  const labelWith = (count: number): string => labelsInUse(dataset).find(({ train }) => train === count)?.label ?? '';
  return [
    {
      rail: null,
      severity: 'warns',
      message:
        `"${labelWith(most)}" has ${formatCount(most)} training images, "${labelWith(least)}" ${formatCount(least)}: ` +
        `${formatCount(most / least)} times as many pull towards it; train.classWeights \`balanced\` makes every label count the same`,
    },
  ];
};

const smallBatchStatistics = ({ part, settings, dataset }: JudgedTraining): Objection[] => {
  const batch = Math.min(settings.batchSize, countImages(dataset).train);
  const hasBatchNorm = part.graph.layers.some(({ kind }) => kind === 'batchNorm');
  if (settings.batchNorm !== 'batch' || !hasBatchNorm || batch >= LEAST_BATCH_FOR_STATISTICS) return [];
  return [
    {
      rail: null,
      severity: 'warns',
      message:
        `batch norms normalize by batches of ${formatImages(batch)}, whose statistics are noise below ${LEAST_BATCH_FOR_STATISTICS}; ` +
        'raise train.batchSize, or keep the pre-trained statistics with train.batchNorm `frozen`',
    },
  ];
};

const oneDimensionScaled = ({ architecture }: JudgedTraining): Objection[] => {
  const scale = customScaleNamed(architecture);
  if (scale === null) return [];
  return scalingWarnings(scale).map((message) => ({
    rail: null,
    severity: 'warns',
    message: `${architecture}: ${message}`,
  }));
};

/** Settings that say something to no effect. */
const withoutEffect = (training: JudgedTraining): Objection[] =>
  idleSettings(training).map((message) => ({ rail: null, severity: 'warns', message }));

const RULES = [
  scratchOnFewImages,
  tooManyParameters,
  tooFewImages,
  unjudgedLabels,
  imbalance,
  smallBatchStatistics,
  oneDimensionScaled,
  withoutEffect,
];

/** Everything that speaks against a training. What the pipeline allows warns. */
export const objectionsTo = (training: JudgedTraining): readonly Objection[] =>
  RULES.flatMap((rule) => rule(training)).map((objection) =>
    objection.rail !== null && training.train.allow.includes(objection.rail)
      ? { ...objection, severity: 'warns' }
      : objection,
  );

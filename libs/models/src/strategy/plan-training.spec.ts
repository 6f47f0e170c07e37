import { describe, expect, it } from '@jest/globals';
import { AppError, pipelineTrainSchema, trainingPlanSchema, type TrainingPlan } from '@graft/contracts';
import type { z } from 'zod';
import { describeNetwork } from '../catalog/catalog.js';
import type { Evidence } from './evidence.js';
import { planTraining } from './plan-training.js';

type TrainInput = z.input<typeof pipelineTrainSchema>;

const PHOTOS: Evidence = { images: 244, familiarity: 0.73, separability: 0.9, imagesPerSecond: null };
const DRAWINGS: Evidence = { images: 256, familiarity: 0.29, separability: 0.49, imagesPerSecond: null };

const plan = (
  train: TrainInput,
  {
    perLabel = [120, 124],
    evidence = null,
    others = { val: 5, test: 5 },
  }: { perLabel?: readonly number[]; evidence?: Evidence | null; others?: { val: number; test: number } } = {},
): TrainingPlan => {
  const parsed = pipelineTrainSchema.parse(train);
  const labels = perLabel.map((count, at) => ({ label: `label-${at}`, train: count, ...others }));
  const images = Math.round(perLabel.reduce((sum, count) => sum + count, 0) * 1.4);
  return trainingPlanSchema.parse(
    planTraining({
      network: describeNetwork(parsed.backbone),
      train: parsed,
      dataset: { name: 'insects', labels, images },
      evidence,
    }),
  );
};

const refusalOf = (...args: Parameters<typeof plan>): AppError => {
  try {
    plan(...args);
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
};

describe('the plan of a given strategy', () => {
  it('trains the classifier alone for a head, on cached feature vectors', () => {
    const head = plan({ strategy: 'head' });
    expect(head).toMatchObject({
      strategy: 'head',
      backbone: 'efficientnet_lite0.in1k',
      weights: null,
      inputSize: 224,
      cut: 'pool',
      learnsFromActivations: true,
      trainedParameters: 1280 * 2 + 2,
      warnings: [],
    });
    expect(head.settings).toMatchObject({
      epochs: 120,
      batchSize: 256,
      learningRate: 0.002,
      patience: 20,
      augment: null,
    });
    expect(head.reasons.join(' ')).toMatch(/asks for head.*2,562 of 3,373,570 parameters/);
  });

  it('cuts before the stages that train, by the pipeline or by the share of the work that they are', () => {
    expect(plan({ strategy: 'partial' })).toMatchObject({ cut: 'blocks.15.project.norm', learnsFromActivations: true });
    expect(plan({ strategy: 'partial', stages: 2 })).toMatchObject({ cut: 'blocks.14.add' });
    expect(plan({ strategy: 'partial', backbone: 'resnet18' })).toMatchObject({ cut: 'layer3.1.relu' });
    // Another stage would bring nine tenths of all parameters along.
    expect(plan({ strategy: 'partial', backbone: 'vgg16' })).toMatchObject({ cut: 'classifier.1' });
    expect(refusalOf({ strategy: 'partial', backbone: 'resnet18', stages: 9 }).message).toMatch(/train.stages 9/);
  });

  it('counts what trains and what stays', () => {
    const [partial, full] = [plan({ strategy: 'partial' }), plan({ strategy: 'full' })];
    expect(partial.trainedParameters + partial.frozenParameters).toBe(full.trainedParameters);
    expect(full).toMatchObject({ frozenParameters: 0, cut: 'pool', learnsFromActivations: false });
    expect(full.settings.augment).toEqual({ flip: true, minCropShare: 0.35, colour: 0.1 });
  });

  it('takes what the pipeline says before any default, a null included', () => {
    const train = { strategy: 'full', optimizer: 'sgd', epochs: 3, clipNorm: null, weightDecay: 0 } as const;
    expect(plan(train).settings).toMatchObject({ epochs: 3, learningRate: 0.01, clipNorm: null, weightDecay: 0 });
    expect(plan({ strategy: 'full' }).settings).toMatchObject({ clipNorm: 1, averageDecay: null });
  });

  it('knows architectures without weights, from scratch', () => {
    const scratch = plan(
      { strategy: 'scratch', backbone: 'efficientnet_phi-1', inputSize: 64 },
      { perLabel: [4000, 4000] },
    );
    expect(scratch).toMatchObject({ strategy: 'scratch', backbone: 'efficientnet_phi-1', inputSize: 64, warnings: [] });
    expect(scratch.settings).toMatchObject({ batchNorm: 'batch', averageDecay: 0.999 });
  });
});

describe('guard rails', () => {
  it('refuses scratch on few images with the numbers and the way out, unless it is allowed', () => {
    const error = refusalOf({ strategy: 'scratch', backbone: 'resnet50' });
    expect(error).toMatchObject({ code: 'refused', details: { guardRails: ['scratch_on_few_images'] } });
    expect(error.message).toMatch(/23,512,130 random parameters of resnet50 .* 244 images \(122 a label/);
    expect(error.message).toMatch(/`partial` or `full`.*train.allow: \[scratch_on_few_images\]/);
    const allowed = plan({ strategy: 'scratch', backbone: 'resnet50', allow: ['scratch_on_few_images'] });
    expect(allowed.warnings).toEqual([expect.stringMatching(/by heart/)]);
  });

  it('refuses scratch where parameters are absurdly many, however many images a label has', () => {
    expect(refusalOf({ strategy: 'scratch', backbone: 'resnet50' }, { perLabel: [600, 600] }).message).toMatch(
      /19,593 parameters an image/,
    );
    expect(plan({ strategy: 'scratch' }, { perLabel: [1000, 1000] }).warnings).toEqual([]);
  });

  it('warns of many parameters, and refuses ten times as many', () => {
    expect(plan({ strategy: 'full' }).warnings).toEqual([]);
    expect(plan({ strategy: 'full', backbone: 'resnet50' }).warnings).toEqual([
      expect.stringMatching(/96,361 an image.*`partial` or `head`/),
    ]);
    expect(refusalOf({ strategy: 'full', backbone: 'vgg16' }, { perLabel: [60, 60] }).message).toMatch(
      /train.allow: \[too_many_parameters\]/,
    );
  });

  it('lists labels with few images, and refuses to go deep on a handful', () => {
    const few = { perLabel: [30, 3, 9, 40] };
    expect(plan({ strategy: 'head' }, few).warnings).toEqual([
      expect.stringMatching(/"label-1" 3, "label-2" 9; land more/),
      expect.stringMatching(/train.classWeights/),
    ]);
    expect(plan({ strategy: 'head' }, { perLabel: [3, 3] }).warnings).toHaveLength(1);
    expect(refusalOf({ strategy: 'partial' }, { perLabel: [3, 3] }).details).toMatchObject({
      guardRails: ['too_few_images'],
    });
  });

  it('names labels that no val or test image speaks for', () => {
    expect(plan({ strategy: 'head' }, { others: { val: 0, test: 3 } }).warnings).toEqual([
      expect.stringMatching(/^labels without val images: "label-0", "label-1"; early stopping is blind/),
    ]);
    expect(plan({ strategy: 'head' }, { others: { val: 1, test: 0 } }).warnings).toEqual([
      expect.stringMatching(/^labels without test images/),
    ]);
  });

  it('offers balanced weights where labels are ten times as frequent as others', () => {
    const uneven = { perLabel: [400, 20] };
    expect(plan({ strategy: 'head' }, uneven).warnings).toEqual([
      expect.stringMatching(/"label-0" has 400 .* 20 times/),
    ]);
    expect(plan({ strategy: 'head', classWeights: 'balanced' }, uneven).warnings).toEqual([]);
  });

  it('warns of batch statistics of small batches where batch norms train', () => {
    const small = { batchNorm: 'batch', batchSize: 8 } as const;
    expect(plan({ strategy: 'full', ...small }).warnings).toEqual([expect.stringMatching(/batches of 8 images/)]);
    expect(plan({ strategy: 'head', ...small }).warnings).toEqual([]);
    expect(
      plan({ strategy: 'full', backbone: 'vgg11', batchNorm: 'batch', batchSize: 8, allow: ['too_many_parameters'] })
        .warnings,
    ).toEqual([expect.stringMatching(/much already/)]);
  });

  it('warns of an EfficientNet that scales one dimension alone, and of settings without effect', () => {
    const weights = 's3://models/own.safetensors';
    expect(plan({ strategy: 'head', backbone: 'efficientnet_w1_d1.8_r224', weights }).warnings).toEqual([
      expect.stringMatching(/only depth is scaled/),
    ]);
    expect(plan({ strategy: 'head', backbone: 'efficientnet_phi1', weights }).warnings).toEqual([]);
    expect(plan({ strategy: 'head', augment: {}, stages: 2, budgetMinutes: 5 }).warnings).toEqual([
      expect.stringMatching(/without effect: train.augment/),
      expect.stringMatching(/without effect: train.stages/),
      expect.stringMatching(/without effect: train.budgetMinutes/),
    ]);
  });
});

describe('auto', () => {
  const auto = (perLabel: readonly number[], evidence: Evidence | null, more: TrainInput = {}): TrainingPlan =>
    plan({ strategy: 'auto', ...more }, { perLabel, evidence });

  it.each([
    ['few and familiar', [30, 30], PHOTOS, 'head', 'pool'],
    ['few and different', [30, 30], DRAWINGS, 'partial', 'blocks.14.add'],
    ['some and familiar', [122, 122], PHOTOS, 'head', 'pool'],
    ['some and different', [130, 130], DRAWINGS, 'partial', 'blocks.14.add'],
    ['many', [900, 900], PHOTOS, 'full', 'pool'],
    ['many and different', [900, 900], DRAWINGS, 'full', 'pool'],
    ['very many and different', [300_000, 300_000], DRAWINGS, 'scratch', 'pool'],
    ['very many and familiar', [300_000, 300_000], PHOTOS, 'full', 'pool'],
    ['told apart already', [900, 900], { ...DRAWINGS, separability: 1 }, 'head', 'pool'],
    ['few and unmeasured', [30, 30], null, 'head', 'pool'],
    ['some and unmeasured', [130, 130], null, 'partial', 'blocks.15.project.norm'],
    ['a handful of another kind', [3, 3], DRAWINGS, 'head', 'pool'],
  ])('with images that are %s', (_, perLabel, evidence, strategy, cut) => {
    expect(auto(perLabel, evidence)).toMatchObject({ strategy, cut });
  });

  it('says why, with the numbers', () => {
    const reasons = auto([122, 122], PHOTOS).reasons.join('\n');
    expect(reasons).toMatch(/244 images to train on, 122 of the median label and 122 of the rarest: some/);
    expect(reasons).toMatch(/73% sure .* 244 images.*look like what it was trained on/);
    expect(reasons).toMatch(/90% of the way from chance/);
    expect(reasons).toMatch(/auto chooses head:/);
    const unknown = auto([30, 30], { ...PHOTOS, familiarity: null }).reasons.join('\n');
    expect(unknown).toMatch(/could not be measured: the weights come without a classifier/);
  });

  it('steps down to what the budget pays for, and says what it would have cost', () => {
    const measured = { ...PHOTOS, imagesPerSecond: 100 };
    const within = (budgetMinutes: number): TrainingPlan => auto([900, 900], measured, { budgetMinutes });
    expect(within(600).strategy).toBe('full');
    expect(within(10)).toMatchObject({ strategy: 'partial' });
    expect(within(10).reasons.join('\n')).toMatch(
      /not full, but partial: it would take about 23 minutes here \(100 images/,
    );
    expect(within(0.1)).toMatchObject({ strategy: 'head' });
    expect(within(0.1).reasons.join('\n')).toMatch(/head is the least that can be trained, although/);
  });

  it('steps down where a guard rail would refuse', () => {
    const vgg = auto([30, 30], DRAWINGS, { backbone: 'vgg16' });
    expect(vgg).toMatchObject({ strategy: 'partial', cut: 'classifier.1' });
    expect(vgg.reasons.join('\n')).toMatch(/not partial, but a stage less: 119,554,050 parameters/);
    expect(auto([10, 10], DRAWINGS, { backbone: 'vgg16' }).reasons.join('\n')).toMatch(/not partial, but head: 16,/);
  });

  it('keeps the stages that the pipeline names', () => {
    expect(auto([122, 122], DRAWINGS, { stages: 1 })).toMatchObject({ cut: 'blocks.15.project.norm', warnings: [] });
  });
});

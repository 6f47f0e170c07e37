/** What a pipeline leaves open of a training, by strategy: one table, in one place. */
import type { Pipeline, Strategy, TrainingSettings } from '@graft/contracts';

export type Train = Pipeline['train'];

type Defaults = Pick<
  TrainingSettings,
  'optimizer' | 'epochs' | 'batchSize' | 'layerDecay' | 'clipNorm' | 'averageDecay' | 'batchNorm' | 'patience'
> & {
  readonly learningRate: Readonly<Record<TrainingSettings['optimizer'], number>>;
  readonly weightDecay: Readonly<Record<TrainingSettings['optimizer'], number>>;
};

/**
 * Weight decay of SGD is an L2 penalty, as PyTorch's, and 1e-4 is what ResNets are trained with (arXiv:1512.03385, section
 * 3.4). AdamW's is decoupled from the gradient (arXiv:1711.05101), and .05 is what networks are fine-tuned with since
 * BEiT and ConvNeXt (arXiv:2201.03545, appendix A.2).
 */
const WEIGHT_DECAY = { adamw: 0.05, sgd: 1e-4 } as const;

const DEFAULTS: Readonly<Record<Strategy, Defaults>> = {
  // A convex problem of standardized features: large batches, a large rate, a decay that does the work of a penalty.
  head: {
    optimizer: 'adamw',
    epochs: 120,
    batchSize: 256,
    learningRate: { adamw: 2e-3, sgd: 1e-2 },
    weightDecay: { adamw: 0.1, sgd: 1e-4 },
    layerDecay: 1,
    clipNorm: null,
    averageDecay: null,
    batchNorm: 'frozen',
    patience: 20,
  },
  // The last stages are close to the classifier and to the task: they bear one rate. The batch's statistics fit them to the new
  // images and keep them from learning every image by heart, as SGD does: on hymenoptera's photos (lite0, 3 seeds) val loss
  // ended at .13 to .18 so, with AdamW at .15 to .18, and with frozen statistics at .17 to .21.
  partial: {
    optimizer: 'sgd',
    epochs: 15,
    batchSize: 32,
    learningRate: { adamw: 1e-3, sgd: 1e-2 },
    weightDecay: WEIGHT_DECAY,
    layerDecay: 1,
    clipNorm: null,
    averageDecay: null,
    batchNorm: 'batch',
    patience: 5,
  },
  // CS231n: pre-trained weights are good already, so the rate is a tenth of what random ones take. Early layers are the most
  // general and move least (layer-wise decay, ULMFiT, arXiv:1801.06146, section 3.2).
  full: {
    optimizer: 'adamw',
    epochs: 15,
    batchSize: 32,
    learningRate: { adamw: 3e-4, sgd: 1e-2 },
    weightDecay: WEIGHT_DECAY,
    layerDecay: 0.8,
    clipNorm: 1,
    averageDecay: null,
    batchNorm: 'frozen',
    patience: 5,
  },
  // SGD's .1 for a batch of 256, in proportion (arXiv:1706.02677). Statistics of random weights mean nothing: the batch's
  // own normalize. A running average of the weights is what EfficientNets are evaluated by (arXiv:1905.11946, section 5.2).
  scratch: {
    optimizer: 'adamw',
    epochs: 100,
    batchSize: 64,
    learningRate: { adamw: 1e-3, sgd: 2.5e-2 },
    weightDecay: WEIGHT_DECAY,
    layerDecay: 1,
    clipNorm: 1,
    averageDecay: 0.999,
    batchNorm: 'batch',
    patience: 20,
  },
};

/** The pipeline's own defaults of `train.augment`. */
const DEFAULT_AUGMENT = { flip: true, minCropShare: 0.35, colour: 0.1 } as const;

/**
 * Everything that decides a training's steps: what the pipeline says, and the strategy's default for what it leaves open.
 * A training that reads activations has no random views, whatever the pipeline says of them.
 */
export const trainingSettings = (
  train: Train,
  strategy: Strategy,
  { learnsFromActivations }: { readonly learnsFromActivations: boolean },
): TrainingSettings => {
  const defaults = DEFAULTS[strategy];
  const { optimizer = defaults.optimizer } = train;
  return {
    epochs: train.epochs ?? defaults.epochs,
    batchSize: train.batchSize ?? defaults.batchSize,
    optimizer,
    momentum: train.momentum,
    learningRate: train.learningRate ?? defaults.learningRate[optimizer],
    warmUp: train.warmUp,
    layerDecay: train.layerDecay ?? defaults.layerDecay,
    weightDecay: train.weightDecay ?? defaults.weightDecay[optimizer],
    labelSmoothing: train.labelSmoothing,
    classWeights: train.classWeights,
    // null is an answer: no limit, no average.
    clipNorm: train.clipNorm === undefined ? defaults.clipNorm : train.clipNorm,
    averageDecay: train.averageDecay === undefined ? defaults.averageDecay : train.averageDecay,
    batchNorm: train.batchNorm ?? defaults.batchNorm,
    augment: learnsFromActivations ? null : (train.augment ?? DEFAULT_AUGMENT),
    precision: train.precision,
    patience: train.patience ?? defaults.patience,
    keeps: 'best',
    seed: train.seed,
  };
};

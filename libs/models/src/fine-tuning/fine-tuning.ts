/** What a fine-tuning takes, tells and gives. */
import { AppError, type TrainingSettings } from '@graft/contracts';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import type { Examples } from './examples.js';

export type Precision = 'float32' | 'bfloat16';

export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  /** Mean training loss over the epoch's images, as it was minimized (with smoothing and class weights). */
  readonly loss: number;
  /** Cross-entropy without smoothing, and share of right answers, on the validation examples; null where there are none. */
  readonly valLoss: number | null;
  readonly accuracy: number | null;
}

export interface StepReport {
  /** Steps of the optimizer done, and to do if nothing ends training early. */
  readonly step: number;
  readonly steps: number;
  /** From 1. */
  readonly epoch: number;
  /** Of the step's batch. */
  readonly loss: number;
  /** Training images since this process began to train, over the time that took. */
  readonly imagesPerSecond: number;
}

export interface TrainingCheckpoint {
  /** Steps of the optimizer done. */
  readonly step: number;
  /** Everything that a resumed training needs (safetensors). */
  readonly bytes: Uint8Array;
}

export interface FineTuning {
  /** A whole network, or what comes after a cut. Its last layer is the classifier. */
  readonly graph: Graph;
  /** Where every parameter of the graph starts; those of a lone dense layer on vectors, for standardized ones. */
  readonly weights: Weights;
  /**
   * Names of the layers with parameters in stages, from the input on; the classifier is the last. A stage's learning rate is
   * `layerDecay` to the power of its distance from the last.
   */
  readonly stages: readonly (readonly string[])[];
  readonly train: Examples;
  /** Decides which epoch is kept; with none of them, the last one is. Never the test split. */
  readonly validation: Examples;
  readonly settings: TrainingSettings;
  readonly precision: Precision;
  /** A network whose features the trained one is to keep while it learns; default: none. */
  readonly teacher?: {
    /** Up to the features. */
    readonly graph: Graph;
    readonly weights: Weights;
    /** The layer of `graph` that is to give the same. */
    readonly layer: string;
    /** Of the share of the features that is missed, beside the cross-entropy. */
    readonly weight: number;
  };
  /** A few more, whose logits are wanted from the weights that are kept. */
  readonly comparison: Examples;
  /** Checkpoint to go on from. */
  readonly resume?: Uint8Array;
  /** Seconds between two checkpoints. */
  readonly checkpointSeconds?: number;
  /** Ends the training between two steps with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Each is called between two steps, and awaited. */
  readonly onStep?: (report: StepReport) => void | Promise<void>;
  readonly onEpoch?: (report: EpochReport) => void | Promise<void>;
  readonly onCheckpoint?: (checkpoint: TrainingCheckpoint) => void | Promise<void>;
  /** Told for a person: memory ran out and the batch is split, a rate diverged. */
  readonly onWarning?: (message: string) => void | Promise<void>;
}

export interface FineTuned {
  /** Every parameter of the graph, of the epoch that is kept (averaged where an average is kept). Layout as everywhere: PyTorch's. */
  readonly weights: Weights;
  /** From 1: whose weights are kept. */
  readonly bestEpoch: number;
  readonly epochs: readonly EpochReport[];
  readonly stoppedBy: 'epochs' | 'patience' | 'divergence';
  /** Images computed at a time at the end: less than the batch where memory did not hold it. */
  readonly microBatch: number;
  /** Logits of the comparison examples, one array each. */
  readonly comparisonLogits: readonly Float32Array[];
}

/** `training_diverged`: even the epoch that is kept answers far worse than a guess. */
export const endedNowhere = (valLoss: number, guess: number): AppError =>
  new AppError(
    'training_diverged',
    `training diverged: in its best epoch the val loss is ${valLoss.toPrecision(3)}, where a guess has ${guess.toPrecision(3)}; ` +
      'lower train.learningRate, or set train.clipNorm',
    { details: { valLoss, guess } },
  );

/** `training_diverged`: the loss was no number before an epoch could be kept. */
export const divergedAtOnce = (step: number): AppError =>
  new AppError(
    'training_diverged',
    `training diverged at step ${step}, before an epoch was done: the loss is no longer a number; lower train.learningRate, or set train.clipNorm`,
    { details: { step } },
  );

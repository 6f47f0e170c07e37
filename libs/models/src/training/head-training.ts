/** What a head's training takes and gives. */
import { AppError, type Pipeline } from '@graft/contracts';
import type { Head } from '../onnx/join-head.js';

/** The fields of a pipeline's `train` block that decide a head. */
export type HeadTrainingConfig = Pick<
  Pipeline['train'],
  'epochs' | 'batchSize' | 'learningRate' | 'weightDecay' | 'labelSmoothing' | 'patience' | 'seed'
>;

export interface LabelledFeatures {
  /** Row-major [rows, featureLength]. */
  readonly features: Float32Array;
  /** Class of each row, 0 … classes − 1. */
  readonly labels: ArrayLike<number>;
}

export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean training loss over the epoch, with label smoothing. */
  readonly loss: number;
  /** Cross-entropy and accuracy on the validation rows, without smoothing; null where there are none. */
  readonly valLoss: number | null;
  readonly valAccuracy: number | null;
  /** Of the epoch's last step. */
  readonly learningRate: number;
  /** Whether this epoch is the best so far. */
  readonly best: boolean;
}

export interface HeadTraining extends LabelledFeatures {
  readonly featureLength: number;
  /** How many classes there are. */
  readonly classes: number;
  /** Decides which epoch is kept. With no rows, or null, the last one is. */
  readonly validation: LabelledFeatures | null;
  readonly config: HeadTrainingConfig;
  /** Ends the training between two epochs with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each epoch, and awaited. */
  readonly onEpoch?: (report: EpochReport) => void | Promise<void>;
}

/** For raw features: the standardization is folded in. */
export interface TrainedHead extends Head {
  /** The epoch whose weights these are, from 1. */
  readonly bestEpoch: number;
  readonly history: readonly EpochReport[];
}

/** `training_diverged`, with the best head of the epochs before (null when the first one diverged already). */
export class TrainingDivergedError extends AppError {
  constructor(
    epoch: number,
    readonly lastGood: TrainedHead | null,
  ) {
    super(
      'training_diverged',
      `training diverged in epoch ${epoch}: the loss is no longer a number; lower train.learningRate`,
      { details: { epoch, lastGoodEpoch: lastGood?.bestEpoch ?? null } },
    );
  }
}

const checkRows = (what: string, rows: LabelledFeatures, featureLength: number, classes: number): void => {
  const { features, labels } = rows;
  if (features.length !== labels.length * featureLength)
    throw new AppError(
      'invalid_request',
      `${what}: expected ${labels.length} rows of ${featureLength} features, got ${features.length} numbers`,
    );
  for (let row = 0; row < labels.length; row += 1) {
    const label = labels[row] ?? -1;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new AppError('invalid_request', `${what}: row ${row} has the class ${label} of ${classes}`);
  }
  if (!features.every(Number.isFinite))
    throw new AppError('invalid_request', `${what}: a feature is not a finite number`);
};

/** @throws AppError `invalid_request` when rows, labels and sizes don't fit. */
export const checkHeadTraining = (training: HeadTraining): void => {
  const { featureLength, classes, validation } = training;
  if (classes < 2) throw new AppError('invalid_request', `a classifier needs at least 2 classes, got ${classes}`);
  if (training.labels.length === 0) throw new AppError('invalid_request', 'there are no rows to train on');
  checkRows('training', training, featureLength, classes);
  if (validation !== null) checkRows('validation', validation, featureLength, classes);
};

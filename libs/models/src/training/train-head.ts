/**
 * Trains a linear classifier on frozen features: a linear probe (Kornblith et al., arXiv:1805.08974) with AdamW, warm-up
 * and cosine, label smoothing (Szegedy et al., arXiv:1512.00567) and early stopping on validation loss.
 * It blocks the event loop within an epoch and gives way between epochs: run it in a child process.
 */
import { setImmediate } from 'node:timers/promises';
import type * as tfjs from '@tensorflow/tfjs-node';
import { loadTensorFlow, type TensorFlow } from '../tensorflow/load-tensorflow.js';
import { createAdamW, type AdamW } from './adamw.js';
import {
  checkHeadTraining,
  TrainingDivergedError,
  type EpochReport,
  type HeadTraining,
  type TrainedHead,
} from './head-training.js';
import { learningRateAt } from './learning-rate.js';
import { createRandom, shuffledIndices, type Random } from '../random.js';
import { createTable, differentiate, measure, type Table } from './softmax-regression.js';
import { foldStandardization, measureStandardization, standardize } from './standardization.js';

/** Small enough that the first guess is even, large enough that a seed makes a difference. */
const INITIAL_DEVIATION = 0.01;

/** Everything on the device, for one training. */
interface State {
  readonly tf: TensorFlow;
  readonly train: Table;
  readonly validation: Table | null;
  readonly kernel: tfjs.Variable<tfjs.Rank.R2>;
  readonly bias: tfjs.Variable<tfjs.Rank.R1>;
  readonly optimizer: AdamW;
  readonly random: Random;
}

const createState = (tf: TensorFlow, training: HeadTraining, table: (rows: Float32Array) => Float32Array): State => {
  const { featureLength, classes, validation, config } = training;
  const random = createRandom(config.seed);
  const initial = Float32Array.from({ length: featureLength * classes }, () => random.normal() * INITIAL_DEVIATION);
  const kernel = tf.tidy(() => tf.variable(tf.tensor2d(initial, [featureLength, classes])));
  const bias = tf.tidy(() => tf.variable(tf.zeros<tfjs.Rank.R1>([classes])));
  const toTable = ({ features, labels }: Pick<HeadTraining, 'features' | 'labels'>): Table =>
    createTable(tf, { features: table(features), featureLength, labels, classes });
  return {
    tf,
    train: toTable(training),
    validation: validation === null || validation.labels.length === 0 ? null : toTable(validation),
    kernel,
    bias,
    optimizer: createAdamW(tf, [
      { variable: kernel, weightDecay: config.weightDecay },
      { variable: bias, weightDecay: 0 },
    ]),
    random,
  };
};

const disposeState = ({ tf, train, validation, kernel, bias, optimizer }: State): void => {
  optimizer.dispose();
  tf.dispose([kernel, bias, train.x, train.y, ...(validation === null ? [] : [validation.x, validation.y])]);
};

/** One pass over the training rows; nothing is read back from the device. Returns the summed loss, a scalar. */
const trainEpoch = (state: State, training: HeadTraining, rateOf: (step: number) => number): tfjs.Tensor => {
  const { tf, train, kernel, bias, optimizer } = state;
  const { batchSize, labelSmoothing } = training.config;
  const order = shuffledIndices(train.rows, state.random);
  return tf.tidy(() => {
    let total: tfjs.Tensor = tf.scalar(0);
    for (let start = 0, step = 0; start < train.rows; start += batchSize, step += 1)
      total = tf.tidy(() => {
        const rows = tf.tensor1d(order.subarray(start, start + batchSize), 'int32');
        const [x, y] = [tf.gather(train.x, rows), tf.gather(train.y, rows)];
        const { gradients, lossSum } = differentiate(tf, { x, y, kernel, bias, labelSmoothing });
        optimizer.apply(gradients, rateOf(step));
        return total.add(lossSum);
      });
    return total;
  });
};

const readScalar = async (tensor: tfjs.Tensor): Promise<number> => {
  const [value = NaN] = await tensor.data();
  tensor.dispose();
  return value;
};

const validate = async (state: State): Promise<{ valLoss: number; valAccuracy: number } | null> => {
  const { tf, validation, kernel, bias } = state;
  if (validation === null) return null;
  const { loss, correct } = measure(tf, validation, kernel, bias);
  return { valLoss: await readScalar(loss), valAccuracy: (await readScalar(correct)) / validation.rows };
};

/** The weights of an epoch, read back. */
interface Snapshot {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  readonly epoch: number;
}

const takeSnapshot = async ({ kernel, bias }: State, epoch: number): Promise<Snapshot> => ({
  kernel: Float32Array.from(await kernel.data()),
  bias: Float32Array.from(await bias.data()),
  epoch,
});

/**
 * Trains the head and keeps the epoch with the least validation loss. The same rows, configuration and seed on the same
 * kind of machine give the same weights, bit for bit.
 * @returns weights [classes, featureLength] and bias [classes] for raw features, as `joinHead` takes them.
 * @throws AppError `invalid_request` when sizes don't fit, `missing_prerequisite` without TensorFlow, `training_diverged`
 * (a TrainingDivergedError, which holds the last good head); the signal's reason when it aborts.
 */
export const trainHead = async (training: HeadTraining): Promise<TrainedHead> => {
  checkHeadTraining(training);
  const { config, featureLength, signal } = training;
  const { tf } = loadTensorFlow();
  const scale = measureStandardization(training.features, featureLength);
  const state = createState(tf, training, (rows) => standardize(rows, scale));
  const history: EpochReport[] = [];
  const stepsPerEpoch = Math.ceil(state.train.rows / config.batchSize);
  const steps = config.epochs * stepsPerEpoch;
  let best: Snapshot | null = null;
  let bestLoss = Infinity;
  const finish = ({ kernel, bias, epoch }: Snapshot): TrainedHead => ({
    ...foldStandardization(kernel, bias, scale),
    bestEpoch: epoch,
    history,
  });
  try {
    for (let epoch = 1; epoch <= config.epochs; epoch += 1) {
      signal?.throwIfAborted();
      const rateOf = (step: number): number =>
        learningRateAt({ step: (epoch - 1) * stepsPerEpoch + step, steps, peak: config.learningRate });
      const loss = (await readScalar(trainEpoch(state, training, rateOf))) / state.train.rows;
      const validated = await validate(state);
      const judged = validated?.valLoss ?? loss;
      if (!Number.isFinite(loss) || !Number.isFinite(judged))
        throw new TrainingDivergedError(epoch, best === null ? null : finish(best));
      const isBest = validated === null || judged < bestLoss;
      if (isBest) {
        best = await takeSnapshot(state, epoch);
        bestLoss = judged;
      }
      const report = {
        epoch,
        epochs: config.epochs,
        loss,
        valLoss: validated?.valLoss ?? null,
        valAccuracy: validated?.valAccuracy ?? null,
        learningRate: rateOf(stepsPerEpoch - 1),
        best: isBest,
      };
      history.push(report);
      await training.onEpoch?.(report);
      if (best !== null && epoch - best.epoch >= config.patience) break;
      // A heartbeat or a cancellation that waits gets its turn here.
      await setImmediate();
    }
    // Without an epoch there is no best one; the configuration has at least one, and a bad one threw.
    if (best === null) throw new TrainingDivergedError(config.epochs, null);
    return finish(best);
  } finally {
    disposeState(state);
  }
};

/** A linear softmax classifier on a table of rows, as tfjs operations: losses and the gradients in closed form. */
import type * as tfjs from '@tensorflow/tfjs-node';
import type { TensorFlow } from '../tensorflow/load-tensorflow.js';

/** Rows on the device. */
export interface Table {
  /** [rows, features]. */
  readonly x: tfjs.Tensor2D;
  /** One-hot, [rows, classes]. */
  readonly y: tfjs.Tensor2D;
  readonly rows: number;
}

export const createTable = (
  tf: TensorFlow,
  options: { features: Float32Array; featureLength: number; labels: ArrayLike<number>; classes: number },
): Table => {
  const rows = options.labels.length;
  const oneHot = new Float32Array(rows * options.classes);
  for (let row = 0; row < rows; row += 1) oneHot[row * options.classes + (options.labels[row] ?? 0)] = 1;
  return {
    x: tf.tensor2d(options.features, [rows, options.featureLength]),
    y: tf.tensor2d(oneHot, [rows, options.classes]),
    rows,
  };
};

/** Scalars. */
export interface Measured {
  readonly loss: tfjs.Tensor;
  readonly correct: tfjs.Tensor;
}

/** Mean cross-entropy and number of right guesses over a whole table. */
export const measure = (tf: TensorFlow, table: Table, kernel: tfjs.Tensor2D, bias: tfjs.Tensor): Measured =>
  tf.tidy(() => {
    const logits = tf.matMul(table.x, kernel).add(bias);
    const right = logits.argMax(1).equal(table.y.argMax(1));
    const losses = tf.logSoftmax(logits).mul(table.y).sum(1).neg();
    return { loss: losses.mean(), correct: right.sum() };
  });

/** Gradients of the mean smoothed cross-entropy, and the loss summed over the rows. */
export interface Step {
  /** Of the kernel, then of the bias. */
  readonly gradients: readonly tfjs.Tensor[];
  readonly lossSum: tfjs.Tensor;
}

/**
 * With targets t (one-hot, smoothed) and p = softmax(x · W + b), the gradient of the mean cross-entropy is
 * xᵀ(p − t) / rows for W and Σ(p − t) / rows for b.
 */
export const differentiate = (
  tf: TensorFlow,
  options: {
    x: tfjs.Tensor2D;
    y: tfjs.Tensor2D;
    kernel: tfjs.Tensor2D;
    bias: tfjs.Tensor;
    labelSmoothing: number;
  },
): Step =>
  tf.tidy(() => {
    const { x, y, labelSmoothing } = options;
    const [rows, classes] = y.shape;
    const target = y.mul<tfjs.Tensor2D>(1 - labelSmoothing).add<tfjs.Tensor2D>(labelSmoothing / classes);
    const logSoftmax = tf.logSoftmax(tf.matMul(x, options.kernel).add<tfjs.Tensor2D>(options.bias));
    const residual = logSoftmax.exp<tfjs.Tensor2D>().sub<tfjs.Tensor2D>(target).div<tfjs.Tensor2D>(rows);
    return {
      gradients: [tf.matMul(x, residual, true), residual.sum(0)],
      lossSum: logSoftmax.mul(target).sum().neg(),
    };
  });

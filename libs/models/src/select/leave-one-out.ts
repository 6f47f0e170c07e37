/**
 * What a ridge regression on one-hot labels would say of each row if it had not learned from it, without fitting it anew.
 * Source: R. Rifkin, R. Lippert, "Notes on regularized least squares", MIT-CSAIL-TR-2007-025, eq. 2.
 */
import { factorize, inverseDiagonal, solve } from './cholesky.js';

export interface Classes {
  /** Class of each row, 0 … classes − 1. */
  readonly labels: readonly number[];
  readonly classes: number;
}

/** One-hot labels less their means, one class a row: [classes, rows]. */
export const centredTargets = (
  labels: readonly number[],
  classes: number,
): { targets: Float64Array; means: Float64Array } => {
  const rows = labels.length;
  const means = new Float64Array(classes);
  for (const label of labels) means[label] = (means[label] as number) + 1 / rows;
  const targets = new Float64Array(classes * rows);
  for (let label = 0; label < classes; label += 1)
    for (let row = 0; row < rows; row += 1)
      targets[label * rows + row] = (labels[row] === label ? 1 : 0) - (means[label] as number);
  return { targets, means };
};

/** Class with the largest of [classes] scores; of several, the first. */
export const largestOf = (scoreOf: (label: number) => number, classes: number): number => {
  let best = { label: 0, score: -Infinity };
  for (let label = 0; label < classes; label += 1) {
    const score = scoreOf(label);
    if (score > best.score) best = { label, score };
  }
  return best.label;
};

/**
 * Leave-one-out mistakes and squared error (over rows and classes) of one strength, from one factorization.
 * @param kernel lower half of X Xᵀ, [rows, rows], of features with mean 0; the mean of the labels is fitted without shrinking.
 */
export const leaveOneOut = (
  kernel: Float64Array,
  { labels, classes }: Classes,
  ridge: number,
): { wrong: number; squares: number } => {
  const rows = labels.length;
  const lower = factorize(kernel, rows, ridge);
  const inverse = inverseDiagonal(lower, rows);
  const { targets, means } = centredTargets(labels, classes);
  const dual = solve(lower, rows, targets);
  let [wrong, squares] = [0, 0];
  for (let row = 0; row < rows; row += 1) {
    // 1 − leverage, the mean's share of 1 / rows included.
    const left = ridge * (inverse[row] as number) - 1 / rows;
    const residual = (label: number): number => (ridge * (dual[label * rows + row] as number)) / left;
    const named = largestOf(
      (label) => (targets[label * rows + row] as number) + (means[label] as number) - residual(label),
      classes,
    );
    if (named !== labels[row]) wrong += 1;
    for (let label = 0; label < classes; label += 1) squares += residual(label) ** 2;
  }
  return { wrong, squares };
};

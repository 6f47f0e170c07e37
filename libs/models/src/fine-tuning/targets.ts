/** What a batch's answers are compared with, and how much each image counts. */
import type { TrainingSettings } from '@graft/contracts';

export interface Targets {
  /** Shares of classes, row-major [rows, classes]. */
  readonly labels: Float32Array;
  /** [rows]. */
  readonly weights: Float32Array;
}

/**
 * Weight of each class. `balanced`: n / (classes · nₖ), so that all classes weigh the same together (King & Zeng, 2001,
 * which scikit-learn follows); a class without images has weight 0.
 */
export const classWeights = (
  labels: Int32Array,
  classes: number,
  mode: TrainingSettings['classWeights'],
): Float64Array => {
  if (mode === 'none') return new Float64Array(classes).fill(1);
  const counts = new Float64Array(classes);
  labels.forEach((label) => (counts[label] = (counts[label] ?? 0) + 1));
  return counts.map((count) => (count === 0 ? 0 : labels.length / (classes * count)));
};

/**
 * Targets of rows. With smoothing ε the right class has 1 − ε + ε / classes and every other ε / classes (Szegedy et al.,
 * arXiv:1512.00567), as in PyTorch. An image counts with its class's weight, and a batch's loss is divided by the sum of
 * its weights, as PyTorch's weighted CrossEntropyLoss does. (With both, PyTorch weighs the smoothed part by each *named*
 * class; here an image's whole loss has one weight.)
 */
export const createTargets = (options: {
  labels: Int32Array;
  classes: number;
  settings: Pick<TrainingSettings, 'labelSmoothing' | 'classWeights'>;
}): ((rows: readonly number[]) => Targets) => {
  const { labels, classes, settings } = options;
  const weightOfClass = classWeights(labels, classes, settings.classWeights);
  const floor = settings.labelSmoothing / classes;
  return (rows) => {
    const shares = new Float32Array(rows.length * classes).fill(floor);
    const weights = new Float32Array(rows.length);
    rows.forEach((row, at) => {
      const label = labels[row] ?? 0;
      shares[at * classes + label] = 1 - settings.labelSmoothing + floor;
      weights[at] = weightOfClass[label] ?? 0;
    });
    return { labels: shares, weights };
  };
};

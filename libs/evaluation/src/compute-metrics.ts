/** How good one artifact is on a split: accuracy with intervals, per class and per source, confusion, calibration. */
import type { Metrics, Prediction } from '@graft/contracts';
import { expectedCalibrationError, reliabilityBins } from './calibration.js';
import { indexLabels, outcomeOf, type Outcome } from './outcome.js';
import { wilsonInterval } from './wilson-interval.js';

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

const accuracyOf = (outcomes: readonly Outcome[]): Metrics['accuracy'] =>
  wilsonInterval({ successes: outcomes.filter(({ right }) => right).length, n: outcomes.length });

const confusionOf = (outcomes: readonly Outcome[], size: number): number[][] => {
  const confusion = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const { truth, predicted } of outcomes) {
    const row = confusion[truth];
    if (row) row[predicted] = (row[predicted] ?? 0) + 1;
  }
  return confusion;
};

/**
 * Metrics of predictions whose probabilities follow `labels` (or a prefix of them). Intervals are Wilson's at 95%.
 * Balanced accuracy averages the recall of the classes that have images; macro F1 averages the classes that have images
 * or were predicted; both are 0 where there are none, as is every share of nothing.
 * @throws AppError `invalid_request` when an image's label is none of `labels`.
 */
export const computeMetrics = ({
  predictions,
  labels,
}: {
  predictions: readonly Prediction[];
  labels: readonly string[];
}): Metrics => {
  const labelIndex = indexLabels(labels);
  const outcomes = predictions.map((prediction) => outcomeOf(prediction, labelIndex));
  const confusion = confusionOf(outcomes, labels.length);
  const columnSums = labels.map((_, column) => confusion.reduce((sum, row) => sum + (row[column] ?? 0), 0));
  const perClass = labels.map((label, index) => {
    const right = confusion[index]?.[index] ?? 0;
    const support = confusion[index]?.reduce((sum, count) => sum + count, 0) ?? 0;
    const predicted = columnSums[index] ?? 0;
    return {
      label,
      support,
      precision: wilsonInterval({ successes: right, n: predicted }),
      recall: wilsonInterval({ successes: right, n: support }),
      f1: support + predicted === 0 ? 0 : (2 * right) / (support + predicted),
    };
  });
  const bySource = new Map<string, Outcome[]>();
  predictions.forEach(({ source }, index) => {
    const outcome = outcomes[index];
    const group = bySource.get(source) ?? [];
    if (outcome) group.push(outcome);
    bySource.set(source, group);
  });
  return {
    images: outcomes.length,
    accuracy: accuracyOf(outcomes),
    balancedAccuracy: mean(perClass.filter(({ support }) => support > 0).map(({ recall }) => recall.value)),
    macroF1: mean(perClass.filter(({ support, precision }) => support + precision.n > 0).map(({ f1 }) => f1)),
    ece: expectedCalibrationError(outcomes),
    reliability: reliabilityBins(outcomes),
    perClass,
    confusion,
    accuracyBySource: Object.fromEntries([...bySource].map(([source, group]) => [source, accuracyOf(group)])),
  };
};

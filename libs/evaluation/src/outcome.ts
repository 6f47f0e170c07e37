/** What one prediction says: the class it names, how sure it is, whether it is right. */
import { AppError, type Prediction } from '@graft/contracts';

export interface Outcome {
  /** Index of the true label. */
  readonly truth: number;
  /** Index of the most probable label; of several, the first. */
  readonly predicted: number;
  readonly confidence: number;
  readonly right: boolean;
}

/** Index of the largest value; of several, the first. */
export const argmax = (values: readonly number[]): number => {
  let best = 0;
  values.forEach((value, index) => {
    if (value > (values[best] ?? -Infinity)) best = index;
  });
  return best;
};

/** A lookup of labels by name. */
export const indexLabels = (labels: readonly string[]): ReadonlyMap<string, number> =>
  new Map(labels.map((label, index) => [label, index]));

/**
 * The outcome of a prediction whose probabilities follow the labels, or a prefix of them (an older model knows fewer).
 * @throws AppError `invalid_request` when its label is unknown or it has more probabilities than there are labels.
 */
export const outcomeOf = (prediction: Prediction, labelIndex: ReadonlyMap<string, number>): Outcome => {
  const truth = labelIndex.get(prediction.label);
  if (truth === undefined) {
    throw new AppError(
      'invalid_request',
      `image ${prediction.sha256} has the label "${prediction.label}", which is none of the ${labelIndex.size} labels of this evaluation`,
    );
  }
  if (prediction.probabilities.length > labelIndex.size) {
    throw new AppError(
      'invalid_request',
      `image ${prediction.sha256} has ${prediction.probabilities.length} probabilities for ${labelIndex.size} labels`,
    );
  }
  const predicted = argmax(prediction.probabilities);
  return { truth, predicted, confidence: prediction.probabilities[predicted] ?? 0, right: predicted === truth };
};

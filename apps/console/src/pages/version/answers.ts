/** What an artifact said of each image, looked up by the image. Pure. */
import type { Digest, Prediction, Predictions } from '@graft/contracts';

export interface Answer {
  readonly label: string;
  /** Its probability, 0 to 1. */
  readonly confidence: number;
}

/** The label of the highest probability. */
export const answerOf = ({ probabilities }: Pick<Prediction, 'probabilities'>, labels: readonly string[]): Answer => {
  const confidence = Math.max(...probabilities);
  return { label: labels[probabilities.indexOf(confidence)] ?? '', confidence };
};

export const byImage = ({ predictions }: Predictions): ReadonlyMap<Digest, Prediction> =>
  new Map(predictions.map((prediction) => [prediction.sha256, prediction]));

/** "bees (93.1%)". */
export const tellAnswer = ({ label, confidence }: Answer): string => `${label} (${(confidence * 100).toFixed(1)}%)`;

/** Wrong answers, the surest first. */
export const surestErrors = (said: Predictions, limit: number): (Prediction & { answer: Answer })[] =>
  said.predictions
    .map((prediction) => ({ ...prediction, answer: answerOf(prediction, said.labels) }))
    .filter(({ label, answer }) => answer.label !== label)
    .sort((a, b) => b.answer.confidence - a.answer.confidence)
    .slice(0, limit);

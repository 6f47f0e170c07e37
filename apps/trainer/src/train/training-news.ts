/** What a training process tells, as run events for people. */
import type { Progress } from '../stage-reporter.js';
import type { Epoch, TrainingNews } from './training-protocol.js';

/**
 * Joins steps and epochs to one line of progress, since of several that come together the last alone is posted: each has
 * the newest of everything.
 * @param batchSize images of a step.
 */
export const createTrainingProgress = (
  batchSize: number,
): ((news: Extract<TrainingNews, { type: 'step' | 'epoch' }>) => Progress | null) => {
  let step: Progress | null = null;
  let validated: Pick<Progress, 'valLoss' | 'accuracy'> = {};
  return (news) => {
    if (news.type === 'epoch') {
      const { valLoss, accuracy } = news;
      validated = { ...(valLoss === null ? {} : { valLoss }), ...(accuracy === null ? {} : { accuracy }) };
    } else {
      const { step: done, steps, loss, imagesPerSecond } = news;
      const left = (steps - done) * batchSize;
      step = {
        step: done,
        total: steps,
        loss,
        imagesPerSecond,
        ...(imagesPerSecond > 0 ? { etaSeconds: left / imagesPerSecond } : {}),
      };
    }
    return step === null ? null : { ...step, ...validated };
  };
};

/** Share of a split that its most frequent label has: how often one is right who looks at nothing. */
export const majorityShare = (labels: readonly number[]): number => {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return labels.length === 0 ? 0 : Math.max(...counts.values()) / labels.length;
};

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** Why what was trained is worth nothing; null where it isn't. */
export const learnedNothing = (best: Epoch | undefined, valLabels: readonly number[]): string | null => {
  const accuracy = best?.accuracy ?? null;
  const naive = majorityShare(valLabels);
  if (accuracy === null || accuracy > naive) return null;
  return (
    `learned nothing: the best epoch is right on ${percent(accuracy)} of the ${valLabels.length} validation images, and naming ` +
    `the most frequent label every time would be on ${percent(naive)}; look at the labels, ` +
    'train for more epochs or at another train.learningRate, or let more of the network learn'
  );
};

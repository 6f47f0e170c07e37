import { describe, expect, it } from '@jest/globals';
import { createTrainingProgress, learnedNothing } from './training-news.js';
import type { TrainingNews } from './training-protocol.js';

const step = (done: number, loss: number): Extract<TrainingNews, { type: 'step' }> => ({
  type: 'step',
  step: done,
  steps: 100,
  epoch: 1,
  loss,
  imagesPerSecond: 64,
});

describe('progress of a training', () => {
  it('has the newest step and the newest validation in every line, and the time to go', () => {
    const toProgress = createTrainingProgress(32);
    expect(toProgress({ type: 'epoch', epoch: 1, loss: 2, valLoss: 1, accuracy: 0.5 })).toBeNull();
    expect(toProgress(step(50, 0.7))).toEqual({
      step: 50,
      total: 100,
      loss: 0.7,
      imagesPerSecond: 64,
      etaSeconds: 25,
      valLoss: 1,
      accuracy: 0.5,
    });
    expect(toProgress({ type: 'epoch', epoch: 2, loss: 1, valLoss: 0.9, accuracy: 0.75 })).toMatchObject({
      step: 50,
      valLoss: 0.9,
      accuracy: 0.75,
    });
  });

  it('has no validation where there are no images for it', () => {
    const toProgress = createTrainingProgress(1);
    toProgress({ type: 'epoch', epoch: 1, loss: 2, valLoss: null, accuracy: null });
    expect(toProgress(step(1, 1))).not.toHaveProperty('valLoss');
  });
});

describe('a training that learned nothing', () => {
  const best = (accuracy: number | null) => ({ epoch: 1, loss: 1, valLoss: 1, accuracy });

  it('is told, with what naming one label would have given', () => {
    expect(learnedNothing(best(0.75), [0, 0, 0, 1])).toMatch(/learned nothing.*75\.0% of the 4.*75\.0%/);
    expect(learnedNothing(best(0.7), [0, 0, 0, 1])).not.toBeNull();
  });

  it('is not told of one that learned something, or that had nothing to be judged by', () => {
    expect(learnedNothing(best(0.76), [0, 0, 0, 1])).toBeNull();
    expect(learnedNothing(best(null), [])).toBeNull();
    expect(learnedNothing(undefined, [])).toBeNull();
  });
});

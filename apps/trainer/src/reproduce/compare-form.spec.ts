import { describe, expect, it } from '@jest/globals';
import { digestOfText, type Prediction } from '@graft/contracts';
import { computeMetrics } from '@graft/evaluation';
import { compareAnswers, differingFigures } from './compare-form.js';

const labels = ['ant', 'bee'];
const prediction = (name: string, ant: number): Prediction => ({
  ...{ sha256: digestOfText(name), label: 'ant', source: 'landing', probabilities: [ant, 1 - ant] },
});
const recorded = [prediction('1', 0.9), prediction('2', 0.51)];

describe('answers that are laid beside recorded ones', () => {
  it('are told by their greatest difference, and by the first guesses that changed', () => {
    expect(compareAnswers(recorded, recorded)).toEqual({ maxDifference: 0, changedAnswers: 0 });
    const { maxDifference, changedAnswers } = compareAnswers(recorded, [prediction('2', 0.49), prediction('1', 0.89)]);
    expect(maxDifference).toBeCloseTo(0.02, 10);
    expect(changedAnswers).toBe(1);
  });

  it('have to be of the same images', () => {
    for (const made of [
      recorded.slice(1),
      [...recorded, prediction('3', 0.5)],
      [prediction('1', 1), prediction('3', 1)],
    ])
      expect(() => compareAnswers(recorded, made)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('give figures, of which those that differ are named; what an older report lacks is none of them', () => {
    const metrics = computeMetrics({ predictions: recorded, labels });
    const { reliability: _none, ...older } = metrics;
    expect(differingFigures(older, metrics)).toEqual([]);
    const wrong = computeMetrics({ predictions: [prediction('1', 0.1), prediction('2', 0.51)], labels });
    expect(differingFigures(metrics, wrong)).toEqual(expect.arrayContaining(['accuracy', 'confusion']));
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Predictions } from '@graft/contracts';
import { answerOf, byImage, surestErrors, tellAnswer } from './answers.js';

const image = (n: number): string => String(n).repeat(64);
const said: Predictions = {
  schemaVersion: 'predictions.v1',
  artifactDigest: image(0),
  datasetVersion: image(0),
  split: 'test',
  labels: ['ants', 'bees'],
  predictions: [
    { sha256: image(1), label: 'ants', source: 'camera', probabilities: [0.9, 0.1] },
    { sha256: image(2), label: 'ants', source: 'camera', probabilities: [0.3, 0.7] },
    { sha256: image(3), label: 'bees', source: 'camera', probabilities: [0.95, 0.05] },
  ],
};

describe('answers', () => {
  it('are the label of the highest probability, with it', () => {
    expect(answerOf({ probabilities: [0.25, 0.75] }, said.labels)).toEqual({ label: 'bees', confidence: 0.75 });
    expect(tellAnswer({ label: 'bees', confidence: 0.75 })).toBe('bees (75.0%)');
  });

  it('are found by their image', () => {
    expect(byImage(said).get(image(2))?.probabilities).toEqual([0.3, 0.7]);
    expect(byImage(said).get(image(9))).toBeUndefined();
  });

  it('that are wrong come surest first, so many at most', () => {
    expect(surestErrors(said, 5).map(({ sha256 }) => sha256)).toEqual([image(3), image(2)]);
    expect(surestErrors(said, 1).map(({ answer }) => answer.label)).toEqual(['ants']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { initializeWeights } from '../graph/initialize-weights.js';
import { images, TINY } from '../testing/small-trainings.js';
import { featureImportance } from './feature-importance.js';
import { taylorImportance } from './taylor-importance.js';

describe('what channels do to features', () => {
  const weights = initializeWeights(TINY, 1);
  const examples = images(12, 16, 2);

  it('counts also where the classifier looks at nothing', async () => {
    const blind = new Map([...weights, ['classifier.weight', new Float32Array(16 * 3)]]);
    const byLoss = (await taylorImportance({ graph: TINY, weights: blind, examples })).get('stem') ?? [];
    const byFeatures = (await featureImportance({ graph: TINY, weights: blind, examples })).get('stem') ?? [];
    expect([...byLoss]).toEqual(Array.from({ length: 8 }, () => 0));
    expect(Math.min(...byFeatures)).toBeGreaterThan(0);
  });

  it('is nothing for a channel that does nothing, and the same every time', async () => {
    const [scale = new Float32Array(), shift = new Float32Array()] = ['scale', 'shift'].map((name) =>
      Float32Array.from(weights.get(`stemNorm.${name}`) ?? []),
    );
    scale[3] = 0;
    shift[3] = 0;
    const idle = new Map([...weights, ['stemNorm.scale', scale], ['stemNorm.shift', shift]]);
    const score = async () => (await featureImportance({ graph: TINY, weights: idle, examples })).get('stem');
    const scores = await score();
    expect(scores?.[3]).toBe(0);
    expect(await score()).toEqual(scores);
  });
});

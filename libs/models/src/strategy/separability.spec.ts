import { describe, expect, it } from '@jest/globals';
import { createRandom } from '../random.js';
import { separability } from './separability.js';

const LENGTH = 8;

/** `distance` between the labels' means, in units of the noise. */
const rows = (perLabel: readonly number[], distance: number) => {
  const random = createRandom(7);
  const labels = perLabel.flatMap((count, label) => new Array<number>(count).fill(label));
  const features = new Float32Array(labels.length * LENGTH);
  labels.forEach((label, row) => {
    for (let k = 0; k < LENGTH; k += 1) features[row * LENGTH + k] = 3 + random.normal() + (k === label ? distance : 0);
  });
  return { features, length: LENGTH, labels, classes: perLabel.length };
};

describe('separability', () => {
  it('is 1 where labels lie apart, and near 0 where they are the same', () => {
    expect(separability(rows([40, 40, 40], 20))).toBe(1);
    // Without leaving each row out of its own mean, it would seem to tell them apart.
    expect(separability(rows([40, 40, 40], 0))).toBeLessThan(0.15);
  });

  it('is in between where they overlap, whatever the scale of the features', () => {
    const overlapping = rows([60, 60], 2);
    const found = separability(overlapping);
    expect(found).toBeGreaterThan(0.3);
    expect(found).toBeLessThan(0.9);
    const scaled = { ...overlapping, features: overlapping.features.map((value) => value * 8) };
    expect(separability(scaled)).toBeCloseTo(found ?? NaN, 6);
  });

  it('leaves labels with one image out, and says nothing about one label', () => {
    expect(separability(rows([20, 1, 20], 20))).toBe(1);
    expect(separability(rows([20, 1], 20))).toBeNull();
  });
});

/** What decides a step beside the network: its rate, its rows, its targets. */
import { describe, expect, it } from '@jest/globals';
import type { TrainingSettings } from '@graft/contracts';
import { createRandom, shuffledIndices } from '../random.js';
import { rateFactors, statisticsMomentum } from './compile-fine-tuning.js';
import { createEpochOrder } from './epoch-order.js';
import { learningRateAt } from './learning-rate.js';
import { tally } from './measure-accuracy.js';
import { availablePrecision } from './precision.js';
import { stepScalars } from './step-scalars.js';
import { createTargets } from './targets.js';

describe('the rate', () => {
  it('warms up, peaks, and falls to nothing', () => {
    const rate = (step: number): number => learningRateAt({ step, steps: 1000, peak: 2, warmUp: 0.05 });
    expect(rate(0)).toBeCloseTo(0.04);
    expect(rate(49)).toBeCloseTo(2);
    expect(rate(50)).toBeCloseTo(2);
    expect(rate(525)).toBeCloseTo(1);
    expect(rate(999)).toBeLessThan(1e-4);
    expect(learningRateAt({ step: 0, steps: 1, peak: 2, warmUp: 0.05 })).toBe(2);
    expect(learningRateAt({ step: 0, steps: 10, peak: 2, warmUp: 0 })).toBe(2);
  });

  it('falls from stage to stage, away from the classifier', () => {
    expect([...rateFactors([['stem'], ['body', 'norm'], ['classifier']], 0.5)]).toEqual([
      ['stem', 0.25],
      ['body', 0.5],
      ['norm', 0.5],
      ['classifier', 1],
    ]);
  });
});

describe('the rows of a step', () => {
  it('are every row once an epoch, in an order that seed and epoch decide', () => {
    const order = createEpochOrder({ rows: 103, batchSize: 10, seed: 5 });
    expect(order.stepsPerEpoch).toBe(11);
    const ofEpoch = (epoch: number, from = order): number[] =>
      Array.from({ length: 11 }, (_, at) => from.at((epoch - 1) * 11 + at)).flatMap(({ rows }) => rows);
    expect(ofEpoch(1).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, at) => at));
    expect(ofEpoch(1)).not.toEqual(ofEpoch(2));
    expect(ofEpoch(2, createEpochOrder({ rows: 103, batchSize: 10, seed: 5 }))).toEqual(ofEpoch(2));
    expect(ofEpoch(1, createEpochOrder({ rows: 103, batchSize: 10, seed: 6 }))).not.toEqual(ofEpoch(1));
    expect(order.at(10)).toMatchObject({ epoch: 1, endsEpoch: true });
    expect(order.at(10).rows.length).toBe(3);
    expect(order.at(11)).toMatchObject({ epoch: 2, endsEpoch: false });
  });

  it('come from a shuffle that holds every index once', () => {
    const shuffled = shuffledIndices(1000, createRandom(1));
    expect(new Set(shuffled).size).toBe(1000);
    expect(shuffled).toEqual(shuffledIndices(1000, createRandom(1)));
    expect(shuffled).not.toEqual(shuffledIndices(1000, createRandom(2)));
  });
});

describe('targets', () => {
  const labels = Int32Array.of(0, 0, 0, 1);

  it('are smoothed as PyTorch smooths them', () => {
    const { labels: shares, weights } = createTargets({
      labels,
      classes: 4,
      settings: { labelSmoothing: 0.2, classWeights: 'none' },
    })([3]);
    [0.05, 0.85, 0.05, 0.05].forEach((share, at) => expect(shares[at]).toBeCloseTo(share, 6));
    expect([...weights]).toEqual([1]);
  });

  it('weigh all labels alike when balanced, and leave out what has no image', () => {
    const targets = createTargets({ labels, classes: 3, settings: { labelSmoothing: 0, classWeights: 'balanced' } });
    const { weights } = targets([0, 1, 2, 3]);
    [4 / 9, 4 / 9, 4 / 9, 4 / 3].forEach((weight, at) => expect(weights[at]).toBeCloseTo(weight, 6));
  });
});

describe('scalars of a step', () => {
  const settings = { optimizer: 'adamw', learningRate: 1, warmUp: 0, averageDecay: 0.999 } as TrainingSettings;

  it("make TensorFlow's Adam PyTorch's", () => {
    // PyTorch: m / (√v / √(1 − β₂ᵗ) + ε), over 1 − β₁ᵗ; TensorFlow: √(1 − β₂ᵗ) · m / (√v + ε'), over the same.
    const { beta1Power, beta2Power = 0, epsilon = 0 } = stepScalars(settings, { step: 2, steps: 10 });
    const [m, v] = [3e-9, 1e-16];
    const correction = Math.sqrt(1 - beta2Power);
    expect(beta1Power).toBeCloseTo(0.9 ** 3, 12);
    expect((correction * m) / (Math.sqrt(v) + epsilon)).toBeCloseTo(m / (Math.sqrt(v) / correction + 1e-8), 12);
  });

  it('let an average forget its first weights', () => {
    const decays = [0, 9, 100_000].map((step) => stepScalars(settings, { step, steps: 200_000 })['averageDecay']);
    expect(decays).toEqual([2 / 11, 11 / 20, 0.999]);
    expect(stepScalars({ ...settings, optimizer: 'sgd', averageDecay: null }, { step: 0, steps: 1 })).toEqual({
      learningRate: 1,
    });
  });

  it('move statistics so that an epoch leaves a tenth of the old ones', () => {
    expect((1 - statisticsMomentum(20)) ** 20).toBeCloseTo(0.1, 6);
    expect(statisticsMomentum(1)).toBe(0.3);
    expect(statisticsMomentum(10_000)).toBe(0.01);
  });
});

describe('what is measured', () => {
  it('is cross-entropy and right answers, however large the logits', () => {
    const { loss, right } = tally(Float32Array.of(1000, 0, 0, 1000, 2, 2), [0, 0, 1]);
    expect(loss).toBeCloseTo(1000 + Math.log(2), 6);
    expect(right).toBe(1);
    expect(tally(Float32Array.of(NaN, 1), [0]).loss).toBeNaN();
  });
});

describe('precision', () => {
  it('is what the machine is good at, or what was asked for where it can be', () => {
    expect(availablePrecision('auto', { cpuClass: 'bf16' })).toBe('bfloat16');
    expect(availablePrecision('auto', { cpuClass: 'avx2' })).toBe('float32');
    expect(availablePrecision('auto', { cpuClass: 'bf16', gpu: true })).toBe('float32');
    expect(availablePrecision('float32', { cpuClass: 'bf16' })).toBe('float32');
    expect(availablePrecision('bfloat16', { cpuClass: 'avx2', gpu: true })).toBe('bfloat16');
    expect(() => availablePrecision('bfloat16', { cpuClass: 'avx512-vnni' })).toThrow('14 times as long');
  });
});

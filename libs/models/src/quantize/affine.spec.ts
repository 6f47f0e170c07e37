import { describe, expect, it } from '@jest/globals';
import { activationScale, quantizeWeights, roundHalfToEven } from './affine.js';

describe('an activation’s scale', () => {
  it('spreads the range over 255 steps and keeps zero exact', () => {
    expect(activationScale({ least: -1, greatest: 4.1 })).toEqual({ scale: Math.fround(0.02), zeroPoint: 50 });
    expect(activationScale({ least: 0, greatest: 6 }).zeroPoint).toBe(0);
    expect(activationScale({ least: -3, greatest: 0 }).zeroPoint).toBe(255);
  });

  it('takes zero in where the range leaves it out', () => {
    expect(activationScale({ least: 2, greatest: 5.1 })).toEqual({ scale: Math.fround(0.02), zeroPoint: 0 });
    expect(activationScale({ least: -5.1, greatest: -2 })).toEqual({ scale: Math.fround(0.02), zeroPoint: 255 });
  });

  it('is never zero', () => {
    expect(activationScale({ least: 0, greatest: 0 }).scale).toBeGreaterThan(0);
  });
});

describe('rounding', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [2.4, 2],
    [2.6, 3],
    [-2.6, -3],
  ])('of %d is %d', (value, rounded) => {
    expect(roundHalfToEven(value) + 0).toBe(rounded);
  });
});

describe('weights in integers', () => {
  const weights = Float32Array.of(1, -0.5, 0.25, 0.01, 0.004, -0.02);

  it('have one scale a channel, and are off by half a step at most', () => {
    const { values, scales, bias } = quantizeWeights({ weights, bias: null, channels: 2, inputScale: 1, bits: 8 });
    expect(bias).toBeNull();
    expect([...scales]).toEqual([Math.fround(1 / 127), Math.fround(Math.fround(0.02) / 127)]);
    expect(values[0]).toBe(127);
    expect(values[5]).toBe(-127);
    weights.forEach((weight, at) => {
      const scale = scales[Math.floor(at / 3)] ?? NaN;
      expect(Math.abs((values[at] ?? NaN) * scale - weight)).toBeLessThanOrEqual(scale * 0.5001);
    });
  });

  it('keep to 7 bits where asked, so that two products fit 16 bits', () => {
    const { values } = quantizeWeights({ weights, bias: null, channels: 2, inputScale: 1, bits: 7 });
    const largest = Math.max(...values.map(Math.abs));
    expect(largest).toBe(63);
    expect(2 * 255 * largest).toBeLessThan(2 ** 15);
  });

  it('give way to a bias that would not fit 32 bits', () => {
    const tiny = Float32Array.of(1e-12, 1e-12);
    const { bias, scales } = quantizeWeights({
      ...{ weights: tiny, bias: Float32Array.of(3, -2), channels: 2, inputScale: 0.02, bits: 8 },
    });
    expect([...(bias ?? [])].map((each, at) => each * 0.02 * (scales[at] ?? NaN))).toEqual([
      expect.closeTo(3, 5),
      expect.closeTo(-2, 5),
    ]);
  });

  it('may all be zero', () => {
    const { values, bias } = quantizeWeights({
      ...{ weights: new Float32Array(2), bias: new Float32Array(1), channels: 1, inputScale: 1, bits: 8 },
    });
    expect([...values, ...(bias ?? [])]).toEqual([0, 0, 0]);
  });
});

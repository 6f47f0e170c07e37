import { describe, expect, it } from '@jest/globals';
import { createRandom } from '../random.js';
import { FLOAT16_MAX, fromFloat16, toFloat16 } from './float16.js';

const roundTrip = (...values: number[]): number[] => [...fromFloat16(toFloat16(Float32Array.from(values)))];

/** The nearest of all finite binary16 numbers, of two equally near the one with an even last bit; by looking at them. */
const nearestBits = (value: number, positives: Float32Array): number => {
  let best = 0;
  positives.forEach((candidate, bits) => {
    const [distance, least] = [Math.abs(candidate - value), Math.abs((positives[best] ?? NaN) - value)];
    if (distance < least || (distance === least && bits % 2 === 0)) best = bits;
  });
  return best;
};

describe('float16', () => {
  it('gives back every binary16 number that there is', () => {
    const bits = Uint16Array.from({ length: 2 ** 16 }, (_, at) => at).filter((at) => (at & 0x7fff) <= 0x7c00);
    expect(toFloat16(fromFloat16(bits))).toEqual(bits);
  });

  it('rounds to the nearest, ties to even, over all magnitudes', () => {
    const positives = fromFloat16(Uint16Array.from({ length: 0x7c00 }, (_, at) => at));
    const random = createRandom(4);
    const values = Float32Array.from({ length: 50 }, () => 2 ** (42 * random.next() - 27) * (1 + random.next()));
    const inRange = values.filter((value) => value < FLOAT16_MAX);
    const bits = toFloat16(inRange);
    inRange.forEach((value, at) => expect(bits[at]).toBe(nearestBits(value, positives)));
    // Exactly between two: 1 and 1 + 2^-10, 1 + 2^-10 and 1 + 2^-9, 0 and 2^-24, the last subnormal and the first normal.
    expect(roundTrip(1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 3 * 2 ** -25)).toEqual([1, 1 + 2 ** -9, 0, 2 ** -23]);
    expect(roundTrip(2 ** -14 - 2 ** -25)).toEqual([2 ** -14]);
  });

  it('keeps signs, infinities and what is no number, and overflows from 65,520 on', () => {
    expect(roundTrip(-1.5, -0, Infinity, -Infinity, NaN)).toEqual([-1.5, -0, Infinity, -Infinity, NaN]);
    expect(roundTrip(65519.99, 65520, -1e30, 1e-30)).toEqual([FLOAT16_MAX, Infinity, -Infinity, 0]);
  });

  it('reads values that lie anywhere in their memory', () => {
    const part = Float32Array.of(9, 0.5, 2, 9).subarray(1, 3);
    expect([...fromFloat16(toFloat16(part))]).toEqual([0.5, 2]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { createRandom } from '../random.js';
import { addToHistogram, chooseRange, createHistogram, type Histogram } from './histogram.js';

const histogramOf = (values: Float32Array): Histogram => {
  const histogram = createHistogram({ least: Math.min(0, ...values), greatest: Math.max(0, ...values) });
  addToHistogram(histogram, values);
  return histogram;
};
const random = createRandom(5);
const bell = Float32Array.from({ length: 50_000 }, () => random.normal());
const withOutlier = (values: Float32Array, outlier: number): Float32Array => Float32Array.of(...values, outlier);

describe('the range of a tensor', () => {
  it('is all that was seen: min-max', () => {
    const histogram = histogramOf(Float32Array.of(-1, 0.5, 40));
    expect(chooseRange(histogram, 'min-max')).toEqual({ least: -1, greatest: 40 });
  });

  it('leaves out an outlier: percentile and entropy', () => {
    const histogram = histogramOf(withOutlier(bell, 40));
    for (const method of ['percentile', 'entropy'] as const) {
      const { least, greatest } = chooseRange(histogram, method);
      expect(greatest).toBeLessThan(6);
      expect(greatest).toBeGreaterThan(2);
      expect(least).toBeLessThan(-2);
    }
  });

  it('keeps 9,999 of 10,000 numbers: percentile', () => {
    const { least, greatest } = chooseRange(histogramOf(bell), 'percentile');
    const outside = bell.filter((value) => value < least || value > greatest).length;
    expect(outside).toBeLessThanOrEqual(5);
  });

  it('is never more than what was seen, nor below zero where nothing is', () => {
    const positive = histogramOf(bell.map(Math.abs));
    for (const method of ['min-max', 'percentile', 'entropy'] as const) {
      const { least, greatest } = chooseRange(positive, method);
      expect(least).toBe(0);
      expect(greatest).toBeLessThanOrEqual(positive.range.greatest);
    }
  });

  it('keeps numbers that are spread evenly: entropy', () => {
    const even = Float32Array.from({ length: 100_000 }, (_, at) => at / 100_000);
    expect(chooseRange(histogramOf(even), 'entropy').greatest).toBeGreaterThan(0.95);
  });

  it('is nothing for a tensor that is always zero', () => {
    const zero = histogramOf(new Float32Array(10));
    for (const method of ['min-max', 'percentile', 'entropy'] as const)
      expect(chooseRange(zero, method)).toEqual({ least: 0, greatest: 0 });
  });
});

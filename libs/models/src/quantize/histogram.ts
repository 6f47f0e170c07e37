/** How often a tensor takes which numbers, and the range that serves it best. */
import type { Range } from './affine.js';

/** Ways to choose a range: all that was seen; all but a tail; where the distribution loses least (Kullback–Leibler). */
export const CALIBRATION_METHODS = ['min-max', 'percentile', 'entropy'] as const;
export type CalibrationMethod = (typeof CALIBRATION_METHODS)[number];

/** Counts over [−limit, limit], in bins of equal width. */
export interface Histogram {
  readonly range: Range;
  readonly counts: Float64Array;
}

const HALF = 2048;
/** Of all numbers, those within the range; the rest is halved between the two ends. */
const PERCENTILE = 0.9999;
/** Levels on one side of 0: half of them where a tensor has both signs. */
const LEVELS = { oneSided: 256, twoSided: 128 } as const;
const ENTROPY_STRIDE = 16;

const limitOf = ({ least, greatest }: Range): number => Math.max(Math.abs(least), Math.abs(greatest));

/** @param range of all numbers that will be added. */
export const createHistogram = (range: Range): Histogram => ({ range, counts: new Float64Array(2 * HALF) });

export const addToHistogram = ({ range, counts }: Histogram, values: Float32Array): void => {
  const limit = limitOf(range);
  const factor = limit === 0 ? 0 : HALF / limit;
  const last = counts.length - 1;
  // By index and without calls: a layer has millions of numbers. Within the range the position is never negative, so that
  // cutting its fraction off rounds it down.
  for (let at = 0; at < values.length; at++) {
    const bin = ((values[at] ?? 0) * factor + HALF) | 0;
    const within = bin > last ? last : bin;
    counts[within] = (counts[within] ?? 0) + 1;
  }
};

const clip = (range: Range, to: Range): Range => ({
  least: Math.max(range.least, to.least),
  greatest: Math.min(range.greatest, to.greatest),
});

const percentileRange = ({ range, counts }: Histogram): Range => {
  const width = limitOf(range) / HALF;
  const tail = (counts.reduce((sum, each) => sum + each, 0) * (1 - PERCENTILE)) / 2;
  /** Bins from one end that hold no more than the tail. */
  const within = (at: (bin: number) => number): number => {
    let [bins, sum] = [0, 0];
    while (bins < counts.length && sum + at(bins) <= tail) sum += at(bins++);
    return bins;
  };
  const below = within((bin) => counts[bin] ?? 0);
  const above = within((bin) => counts[counts.length - 1 - bin] ?? 0);
  return clip(range, { least: (below - HALF) * width, greatest: (HALF - above) * width });
};

/**
 * What is lost when the first `bins` bins become `levels` values and everything beyond them saturates.
 * S. Migacz, "8-bit Inference with TensorRT", GTC 2017.
 */
const divergence = (magnitudes: Float64Array, bins: number, levels: number): number => {
  let [total, kept] = [0, 0];
  for (let bin = 0; bin < magnitudes.length; bin++) {
    total += magnitudes[bin] ?? 0;
    if (bin < bins) kept += magnitudes[bin] ?? 0;
  }
  let loss = 0;
  for (let level = 0; level < levels; level++) {
    const [from, to] = [Math.floor((level * bins) / levels), Math.floor(((level + 1) * bins) / levels)];
    let [sum, filled] = [0, 0];
    for (let bin = from; bin < to; bin++) {
      sum += magnitudes[bin] ?? 0;
      if ((magnitudes[bin] ?? 0) > 0) filled++;
    }
    const coarse = sum / Math.max(filled, 1) / kept;
    for (let bin = from; bin < to; bin++) {
      const count = magnitudes[bin] ?? 0;
      const share = (count + (bin === bins - 1 ? total - kept : 0)) / total;
      // What saturates onto an empty last bin is lost altogether: no coarse distribution has it.
      if (share > 0) loss += count > 0 ? share * Math.log(share / coarse) : Infinity;
    }
  }
  return loss;
};

const entropyRange = ({ range, counts }: Histogram): Range => {
  const magnitudes = Float64Array.from(
    { length: HALF },
    (_, bin) => (counts[HALF + bin] ?? 0) + (counts[HALF - 1 - bin] ?? 0),
  );
  // What a ReLU has set to 0 is exact at any scale, and so much that it would hide what the rest loses.
  magnitudes[0] = magnitudes[1] ?? 0;
  const levels = range.least < 0 && range.greatest > 0 ? LEVELS.twoSided : LEVELS.oneSided;
  let best = { bins: HALF, loss: Infinity };
  for (let bins = levels; bins <= HALF; bins += ENTROPY_STRIDE) {
    const loss = divergence(magnitudes, bins, levels);
    if (loss < best.loss) best = { bins, loss };
  }
  const limit = (best.bins * limitOf(range)) / HALF;
  return clip(range, { least: -limit, greatest: limit });
};

/** The range that a method chooses: never more than what was seen. */
export const chooseRange = (histogram: Histogram, method: CalibrationMethod): Range => {
  if (method === 'min-max' || limitOf(histogram.range) === 0) return histogram.range;
  return method === 'percentile' ? percentileRange(histogram) : entropyRange(histogram);
};

import { describe, expect, it } from '@jest/globals';
import type { ImageQuality } from '@graft/contracts';
import { compareQuality, holm } from './compare-quality.js';
import { kolmogorovSmirnov, kolmogorovTail, medianOf } from './kolmogorov-smirnov.js';
import { createRandom } from '../random.js';

/** The generator of Numerical Recipes, so that the same samples could be made in Python. */
const uniform = (seed: number, count: number, { shift = 0, scale = 1 } = {}): number[] => {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return shift + (scale * state) / 2 ** 32;
  });
};

describe('kolmogorovTail', () => {
  // scipy.special.kolmogorov(x), SciPy 1.17.1.
  it.each([
    [0.3, 0.9999906941986655],
    [0.5, 0.9639452436648751],
    [0.8, 0.5441424115741981],
    [1.0, 0.26999967167735456],
    [1.18, 0.1234538094297657],
    [1.5, 0.022217962616525127],
    [2.0, 0.0006709252557796953],
    [3.0, 3.045995948942526e-8],
    [5.0, 3.8574996959278356e-22],
  ])('of %d is SciPy’s', (value, expected) => {
    expect(kolmogorovTail(value) / expected).toBeCloseTo(1, 9);
  });
  it('is 1 of nothing', () => {
    expect([kolmogorovTail(0), kolmogorovTail(-1), kolmogorovTail(1e-3)]).toEqual([1, 1, 1]);
  });
});

describe('kolmogorovSmirnov', () => {
  // scipy.stats.ks_2samp(uniform(1, n), uniform(2, m, …), method='exact'), SciPy 1.17.1.
  it.each([
    { n: 10, m: 10, shift: 0.3, scale: 1, statistic: 0.5, p: 0.16782134274394334 },
    { n: 12, m: 30, shift: 0.2, scale: 1, statistic: 0.35, p: 0.203994350471004 },
    { n: 50, m: 60, shift: 0.1, scale: 1, statistic: 0.19, p: 0.24514833065893446 },
    { n: 200, m: 150, shift: 0.05, scale: 1.1, statistic: 0.19833333333333333, p: 0.0020444527354660153 },
    { n: 400, m: 400, shift: 0, scale: 1, statistic: 0.065, p: 0.3670864569817871 },
    { n: 400, m: 400, shift: 0.08, scale: 1, statistic: 0.145, p: 0.0004368337391825136 },
  ])('of $n and $m values has SciPy’s statistic and p', ({ n, m, shift, scale, statistic, p }) => {
    const found = kolmogorovSmirnov(uniform(1, n), uniform(2, m, { shift, scale }));
    expect(found.statistic).toBeCloseTo(statistic, 12);
    expect(found.p / p).toBeCloseTo(1, 8);
  });
  it('comes near the exact p by the limit where samples are large', () => {
    const found = kolmogorovSmirnov(uniform(1, 1200), uniform(2, 1100, { shift: 0.05 }));
    expect(found.p / 0.0008322525671466532).toBeGreaterThan(0.9);
    expect(found.p / 0.0008322525671466532).toBeLessThan(1.2);
  });
  it('finds nothing between equal samples, and everything between apart ones, ties or not', () => {
    expect(kolmogorovSmirnov([1, 1, 2], [1, 2, 1])).toEqual({ statistic: 0, p: 1 });
    const apart = kolmogorovSmirnov(new Array<number>(30).fill(1), new Array<number>(30).fill(2));
    expect(apart.statistic).toBe(1);
    expect(apart.p).toBeLessThan(1e-10);
  });
});

it('holm corrects step by step, never above 1, never out of order', () => {
  expect(holm([0.04, 0.01, 0.03])).toEqual([0.06, 0.03, 0.06]);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});

it('medianOf is the middle, or between the two middle ones', () => {
  expect([medianOf([3, 1, 2]), medianOf([4, 1, 2, 3]), medianOf([])]).toEqual([2, 2.5, NaN]);
});

describe('compareQuality', () => {
  const images = (seed: number, count: number, more: (draw: number) => Partial<ImageQuality> = () => ({})) => {
    const random = createRandom(seed);
    return Array.from({ length: count }, () => {
      const draw = random();
      const quality = { brightness: 0.3 + 0.4 * draw, contrast: 0.1 + 0.2 * random(), sharpness: 0.01 * random() };
      return { quality: { ...quality, ...more(draw) }, width: 640, height: 480 };
    });
  };
  const compare = (reference: ReturnType<typeof images>, added: ReturnType<typeof images>) =>
    compareQuality({ reference, added, alpha: 0.05, minImages: 10 });

  it('finds the measure that moved, with the medians of both sides, and no other', () => {
    const found = compare(
      images(1, 200),
      images(2, 150, (draw) => ({ brightness: 0.2 + 0.4 * draw })),
    );
    expect(found?.detected).toBe(true);
    expect(found?.measures.map(({ measure }) => measure)).toEqual([
      'brightness',
      'contrast',
      'sharpness',
      'pixels',
      'aspect',
    ]);
    expect(found?.measures.filter(({ detected }) => detected).map(({ measure }) => measure)).toEqual(['brightness']);
    const [brightness] = found?.measures ?? [];
    expect(brightness?.referenceMedian).toBeCloseTo(0.5, 1);
    expect(brightness?.newMedian).toBeCloseTo(0.4, 1);
    expect(brightness?.pHolm).toBeGreaterThan(brightness?.p ?? 1);
  });
  it('raises few false alarms: at most 5% of 200 comparisons of like with like, and some noise', () => {
    let alarms = 0;
    for (let seed = 0; seed < 200; seed++) if (compare(images(seed, 60), images(1000 + seed, 50))?.detected) alarms++;
    expect(alarms).toBeLessThanOrEqual(10);
  });
  it('leaves out what older images were not measured for, and tells nothing of too few', () => {
    const old = images(1, 20).map(({ width, height }) => ({ width, height }));
    const found = compareQuality({ reference: old, added: images(2, 20), alpha: 0.05, minImages: 10 });
    expect(found).toMatchObject({
      detected: false,
      measures: [
        { measure: 'pixels', p: 1 },
        { measure: 'aspect', p: 1 },
      ],
    });
    expect(compareQuality({ reference: old, added: images(2, 9), alpha: 0.05, minImages: 10 })).toBeNull();
  });
});

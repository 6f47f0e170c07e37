import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { holm } from './holm.js';
import { mcnemarExact } from './mcnemar-exact.js';
import { normalQuantile, twoSidedZ } from './normal-quantile.js';
import { pairedScoreInterval } from './paired-score-interval.js';
import { quantile } from './quantile.js';
import { wilsonInterval } from './wilson-interval.js';

const relative = (found: number, expected: number): number => Math.abs(found / expected - 1);

describe('normalQuantile', () => {
  it('gives the percentage points of the tables', () => {
    expect(twoSidedZ(0.95)).toBeCloseTo(1.959963984540054, 14);
    expect(normalQuantile(0.5)).toBe(0);
    expect(relative(normalQuantile(1e-10), -6.361340902404056)).toBeLessThan(1e-14);
  });
  it('mirrors about one half', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 0.5, noNaN: true }),
        (p) => Math.abs(normalQuantile(p) + normalQuantile(1 - p)) < 1e-8,
      ),
    );
  });
  it('refuses what is no probability', () => {
    for (const p of [0, 1, -1, Number.NaN]) expect(() => normalQuantile(p)).toThrow(RangeError);
  });
});

describe('wilsonInterval', () => {
  // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %d in %d is what Newcombe prints', (successes, n, lower, upper) => {
    const interval = wilsonInterval({ successes, n });
    expect(interval.lower).toBeCloseTo(lower, 4);
    expect(interval.upper).toBeCloseTo(upper, 4);
  });
  it('holds the share, within 0 and 1, and mirrors when successes and failures trade places', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const successes = Math.round(share * n);
        const { value, lower, upper } = wilsonInterval({ successes, n });
        const mirrored = wilsonInterval({ successes: n - successes, n });
        expect(0 <= lower && lower <= value && value <= upper && upper <= 1).toBe(true);
        expect(mirrored.lower).toBeCloseTo(1 - upper, 10);
      }),
    );
  });
  it('says nothing where nothing was observed', () => {
    expect(wilsonInterval({ successes: 0, n: 0 })).toEqual({ value: 0, lower: 0, upper: 1, n: 0 });
  });
});

describe('mcnemarExact', () => {
  it('of 1 against 7 is 18/256 (Fagerland, Lydersen, Laake 2014: airway hyper-responsiveness)', () => {
    expect(mcnemarExact({ onlyFirst: 1, onlySecond: 7 })).toBeCloseTo(18 / 256, 15);
  });
  // Exact big-integer sums, rounded once.
  it.each([
    [10_000, 12_000, 1.877958905094753e-41],
    [24_700, 25_300, 0.007387834518035469],
    [49_500, 50_500, 0.0015823598788515956],
  ])('stays exact with %d against %d disagreements', (onlyFirst, onlySecond, expected) => {
    expect(relative(mcnemarExact({ onlyFirst, onlySecond }), expected)).toBeLessThan(1e-12);
  });
  it('equals the sum over integers', () => {
    const exact = (a: number, b: number): number => {
      const n = BigInt(a + b);
      let term = 1n;
      let sum = 0n;
      for (let k = 0n; k <= BigInt(Math.min(a, b)); k++) {
        sum += term;
        term = (term * (n - k)) / (k + 1n);
      }
      const scaled = (sum * 2n * 10n ** 30n) / 2n ** n;
      return Math.min(1, Number(scaled) / 1e30);
    };
    fc.assert(
      fc.property(fc.nat(150), fc.nat(150), (a, b) => {
        const expected = exact(a, b);
        fc.pre(expected > 1e-12);
        expect(relative(mcnemarExact({ onlyFirst: a, onlySecond: b }), expected)).toBeLessThan(1e-12);
      }),
    );
  });
  it('is the same either way round, 1 without a disagreement, and finite far out', () => {
    expect(mcnemarExact({ onlyFirst: 3, onlySecond: 9 })).toBe(mcnemarExact({ onlyFirst: 9, onlySecond: 3 }));
    expect(mcnemarExact({ onlyFirst: 0, onlySecond: 0 })).toBe(1);
    expect(mcnemarExact({ onlyFirst: 0, onlySecond: 100_000 })).toBe(0);
  });
});

describe('pairedScoreInterval', () => {
  it('is what Fagerland, Lydersen, Laake (2014) print for airway hyper-responsiveness', () => {
    const interval = pairedScoreInterval({ onlyCandidateRight: 1, onlyChampionRight: 7, images: 21 });
    expect(interval.value).toBeCloseTo(-6 / 21, 12);
    expect(interval.lower).toBeCloseTo(-0.517, 3);
    expect(interval.upper).toBeCloseTo(-0.026, 3);
  });
  it('has the closed form ±z²/(n + z²) where the models never disagree', () => {
    const z2 = twoSidedZ(0.95) ** 2;
    const { lower, upper } = pairedScoreInterval({ onlyCandidateRight: 0, onlyChampionRight: 0, images: 44 });
    expect(upper).toBeCloseTo(z2 / (44 + z2), 12);
    expect(lower).toBeCloseTo(-z2 / (44 + z2), 12);
  });
  const counts = fc
    .tuple(fc.nat(400), fc.nat(400), fc.nat(2000))
    .filter(([b, c, agree]) => b + c + agree > 0)
    .map(([b, c, agree]) => ({ onlyCandidateRight: b, onlyChampionRight: c, images: b + c + agree }));
  it('holds the difference, turns about when the models trade places, and solves the quartic of Yang, Sun, Hardin (2013)', () => {
    fc.assert(
      fc.property(counts, (c) => {
        const { value, lower, upper } = pairedScoreInterval(c);
        expect(-1 <= lower && lower <= value && value <= upper && upper <= 1).toBe(true);
        const swapped = pairedScoreInterval({
          ...c,
          onlyCandidateRight: c.onlyChampionRight,
          onlyChampionRight: c.onlyCandidateRight,
        });
        expect(swapped.lower).toBeCloseTo(-upper, 9);
        const g = twoSidedZ(0.95) ** 2;
        const [n, d, s] = [
          c.images,
          c.onlyCandidateRight - c.onlyChampionRight,
          c.onlyCandidateRight + c.onlyChampionRight,
        ];
        const quartic = (x: number): number =>
          (x ** 4 * n ** 2 * (n / g + 1) ** 2 -
            x ** 3 * n * d * (n / g + 1) * ((4 * n) / g + 1) +
            x ** 2 * ((2 * n * d ** 2 * ((3 * n) / g + 2)) / g - n ** 2 * (s / g + 1)) +
            x * (n * d * ((2 * s) / g + 1) - (d ** 3 * ((4 * n) / g + 1)) / g) +
            (d ** 2 * (d ** 2 / g - s)) / g) /
          n ** 4;
        if (lower > -1) expect(quartic(lower)).toBeCloseTo(0, 8);
        if (upper < 1) expect(quartic(upper)).toBeCloseTo(0, 8);
      }),
    );
  });
  it('narrows with more images of the same kind, and is wide open without any', () => {
    const few = pairedScoreInterval({ onlyCandidateRight: 6, onlyChampionRight: 9, images: 100 });
    const many = pairedScoreInterval({ onlyCandidateRight: 60, onlyChampionRight: 90, images: 1000 });
    expect(many.upper - many.lower).toBeLessThan((few.upper - few.lower) / 2);
    expect(pairedScoreInterval({ onlyCandidateRight: 0, onlyChampionRight: 0, images: 0 })).toEqual({
      value: 0,
      lower: -1,
      upper: 1,
      n: 0,
    });
  });
});

describe('holm', () => {
  it('steps down', () => {
    const found = holm([0.01, 0.04, 0.03, 0.02]);
    [0.04, 0.06, 0.06, 0.06].forEach((expected, index) => expect(found[index]).toBeCloseTo(expected, 12));
  });
  it('lies between the p-value and Bonferroni, and keeps the order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (p) => {
        const adjusted = holm(p);
        p.forEach((value, i) => {
          const found = adjusted[i] ?? -1;
          expect(found).toBeGreaterThanOrEqual(value);
          expect(found).toBeLessThanOrEqual(Math.min(1, value * p.length) + 1e-12);
          p.forEach((other, j) => {
            if (other > value) expect(adjusted[j]).toBeGreaterThanOrEqual(found);
          });
        });
      }),
    );
  });
});

describe('quantile', () => {
  it('interpolates as NumPy and R do', () => {
    expect(quantile([7, 1, 3, 10], 0.5)).toBe(5);
    expect(quantile([7, 1, 3, 10], 0.25)).toBe(2.5);
    expect(quantile([4], 0.99)).toBe(4);
  });
  it('refuses no values and a share out of range', () => {
    expect(() => quantile([], 0.5)).toThrow('no values');
    expect(() => quantile([1], 1.5)).toThrow('between 0 and 1');
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  BASE_RESOLUTION,
  compoundScale,
  PUBLISHED_SCALES,
  SCALING_BASES,
  scalingWarnings,
  type CompoundScale,
} from './compound-scaling.js';
import { scaleCost } from './custom.js';

const DIMENSIONS = ['depth', 'width', 'resolution'] as const;

const gaps = (rule: CompoundScale, published: CompoundScale): readonly number[] =>
  DIMENSIONS.map((dimension) => Math.abs(rule[dimension] / published[dimension] - 1));

/** The largest relative gap of each dimension. */
const largestGaps = (phis: readonly number[]): readonly number[] =>
  PUBLISHED_SCALES.map((published, at) => gaps(compoundScale(phis[at] ?? NaN), published)).reduce((most, each) =>
    most.map((gap, at) => Math.max(gap, each[at] ?? NaN)),
  );

const hundredths = (from: number, to: number): readonly number[] =>
  Array.from({ length: (to - from) * 100 + 1 }, (_, at) => from + at / 100);

describe('the compound-scaling rule', () => {
  it('starts at B0 and grows by nearly the factor 2 that the paper rounds to', () => {
    expect(compoundScale(0)).toEqual({ depth: 1, width: 1, resolution: BASE_RESOLUTION });
    expect(compoundScale(1)).toEqual({ depth: 1.2, width: 1.1, resolution: 256 });
    const { depth, width, resolution } = SCALING_BASES;
    const factor = depth * width ** 2 * resolution ** 2;
    expect(factor).toBeCloseTo(1.92, 2);
    // Rounding to whole blocks and channels makes single steps uneven; over eight of them it comes true.
    expect((scaleCost(8).macs / scaleCost(0).macs) ** (1 / 8) / factor).toBeCloseTo(1, 2);
  });

  it('gives resolutions that can be halved three times', () => {
    for (const phi of hundredths(-2, 8)) expect(compoundScale(phi).resolution % 8).toBe(0);
  });

  it('comes so near to the published models, and no nearer', () => {
    // As most ports read the table.
    const [depth, width, resolution] = largestGaps([0, 0.5, 1, 2, 3, 4, 5, 6]);
    expect(depth).toBeCloseTo(0.057, 3);
    expect(width).toBeCloseTo(0.114, 3);
    expect(resolution).toBeCloseTo(0.152, 3);
    // Whichever φ is nearest in all three dimensions.
    const nearest = PUBLISHED_SCALES.map((published) => {
      const distance = (phi: number): number => Math.max(...gaps(compoundScale(phi), published));
      return hundredths(0, 8).reduce((best, phi) => (distance(phi) < distance(best) ? phi : best));
    });
    expect(nearest[0]).toBe(0);
    expect(Math.max(...largestGaps(nearest))).toBeLessThan(0.08);
    // B0 alone is the rule's.
    PUBLISHED_SCALES.slice(1).forEach((published) => {
      for (const phi of hundredths(0, 8)) expect(Math.max(...gaps(compoundScale(phi), published))).toBeGreaterThan(0);
    });
  });
});

describe('a scale of which one dimension alone moves', () => {
  it('is warned of, with the balanced scale of the same cost', () => {
    const [warning = '', ...others] = scalingWarnings({ depth: 1, width: 2, resolution: 224 });
    expect(others).toEqual([]);
    expect(warning).toContain('only width is scaled (by 2.00)');
    expect(warning).toContain('φ = 2.12');
    expect(scalingWarnings({ depth: 1, width: 1, resolution: 448 })[0]).toContain('only resolution');
    expect(scalingWarnings({ depth: 0.5, width: 1, resolution: 224 })[0]).toContain('only depth');
  });

  it('is none of the published ones, and none that the rule gives', () => {
    for (const scale of PUBLISHED_SCALES) expect(scalingWarnings(scale)).toEqual([]);
    for (const phi of [-2, -1, 0, 1, 4, 8]) expect(scalingWarnings(compoundScale(phi))).toEqual([]);
  });
});

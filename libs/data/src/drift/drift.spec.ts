import { describe, expect, it } from '@jest/globals';
import { driftSchema, type FeatureSource, type ManifestImage } from '@graft/contracts';
import { landedImage } from '../spec-support/landed.js';
import { chiSquareTail, twoSampleChiSquare } from './chi-square.js';
import { measureDrift } from './measure-drift.js';
import { mmdTest, squaredDistances } from './mmd.js';
import { createRandom } from '../random.js';

const LENGTH = 16;
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

describe('chiSquareTail', () => {
  // Percentage points of the tables, and (80, 5) far out: 8.391825114831610e-16 (two independent libraries agree).
  it.each([
    [3.841458820694124, 1, 0.05],
    [18.30703805327515, 10, 0.05],
    [6.634896601021213, 1, 0.01],
    [80, 5, 8.39182511483161e-16],
    [2, 2, Math.exp(-1)],
    [0.5, 2, Math.exp(-0.25)],
  ])('of %d with %d degrees of freedom', (value, degrees, expected) => {
    expect(Math.abs(chiSquareTail(value, degrees) / expected - 1)).toBeLessThan(1e-11);
  });
  it('is 1 at 0 and falls', () => {
    expect(chiSquareTail(0, 3)).toBe(1);
    let last = 1;
    for (let x = 0.25; x < 200; x *= 1.3) {
      const tail = chiSquareTail(x, 7);
      expect(tail).toBeLessThanOrEqual(last);
      last = tail;
    }
  });
});

describe('twoSampleChiSquare', () => {
  it('is the textbook statistic of a 2 × k table', () => {
    // 2 × 2 with rows 10, 20 and 20, 10: χ² = 60·(10·10 − 20·20)² / 30⁴ = 6.667.
    expect(twoSampleChiSquare([10, 20], [20, 10])).toMatchObject({ degreesOfFreedom: 1 });
    expect(twoSampleChiSquare([10, 20], [20, 10]).chiSquare).toBeCloseTo(20 / 3, 12);
  });
  it('takes no account of classes that neither side has, and is 1 for equal shares', () => {
    expect(twoSampleChiSquare([10, 0, 20], [5, 0, 10])).toEqual({ chiSquare: 0, degreesOfFreedom: 1, p: 1 });
    expect(twoSampleChiSquare([10], [5])).toEqual({ chiSquare: 0, degreesOfFreedom: 0, p: 1 });
  });
});

describe('mmdTest', () => {
  const test = (seed: number, shift: number, rows = 60) => {
    const random = createRandom(seed);
    const values = Float32Array.from({ length: rows * 4 }, (_, i) => normal(random) + (i < rows * 2 ? 0 : shift));
    return mmdTest({
      distances: squaredDistances({ values, rows, length: 4 }),
      rows,
      m: rows / 2,
      permutations: 99,
      random,
    });
  };
  it('rejects equal distributions about as often as its level says', () => {
    const rejected = Array.from({ length: 200 }, (_, seed) => test(seed, 0)).filter(({ p }) => p < 0.05).length;
    expect(rejected / 200).toBeLessThan(0.09);
  });
  it('is unbiased: about 0 on average for equal distributions', () => {
    const statistics = Array.from({ length: 200 }, (_, seed) => test(seed, 0).statistic);
    expect(Math.abs(statistics.reduce((a, b) => a + b, 0) / 200)).toBeLessThan(0.003);
  });
  it('finds a shift', () => {
    const found = Array.from({ length: 50 }, (_, seed) => test(seed, 1)).filter(({ p }) => p < 0.05).length;
    expect(found).toBeGreaterThanOrEqual(49);
  });
  it('stays sane when all features are equal', () => {
    const values = new Float32Array(40 * 4);
    const distances = squaredDistances({ values, rows: 40, length: 4 });
    expect(mmdTest({ distances, rows: 40, m: 20, permutations: 19, random: createRandom(1) })).toEqual({
      statistic: 0,
      p: 1,
    });
  });
});

describe('measureDrift', () => {
  const imagesOf = (count: number, prefix: string, labels = ['ant', 'bee']): ManifestImage[] =>
    Array.from({ length: count }, (_, i) => ({
      ...landedImage(`${prefix}-${i}`, { label: labels[i % labels.length] ?? 'ant' }),
      split: 'train' as const,
    }));
  /** Features by digest: drawn, then shifted for some images. */
  const sourceOf = (shiftOf: (digest: string) => number): FeatureSource & { asked: number } => {
    const source = {
      asked: 0,
      features: async (digests: readonly string[]) => {
        source.asked += digests.length;
        const values = new Float32Array(digests.length * LENGTH);
        digests.forEach((digest, row) => {
          const random = createRandom(Number.parseInt(digest.slice(0, 8), 16));
          for (let k = 0; k < LENGTH; k++) values[row * LENGTH + k] = normal(random) + shiftOf(digest);
        });
        return { digests, values, length: LENGTH };
      },
    };
    return source;
  };
  const old = imagesOf(120, 'old');
  const added = imagesOf(100, 'new');
  const reference = { id: 'a'.repeat(64), images: old };
  const current = { id: 'b'.repeat(64), images: [...old, ...added] };
  const newDigests = new Set(added.map(({ sha256 }) => sha256));

  it('finds no drift where there is none, and a shift where there is one', async () => {
    const still = await measureDrift({ reference, current, features: sourceOf(() => 0), seed: 1 });
    expect(driftSchema.parse(still)).toEqual(still);
    expect(still).toMatchObject({
      referenceImages: 120,
      newImages: 100,
      features: { detected: false },
      labels: { detected: false },
    });
    const shifted = await measureDrift({
      reference,
      current,
      features: sourceOf((digest) => (newDigests.has(digest) ? 0.5 : 0)),
      seed: 1,
    });
    expect(shifted.features).toMatchObject({ p: 0.002, permutations: 499, detected: true });
  });
  it('gives the same answer for the same seed', async () => {
    const measure = () => measureDrift({ reference, current, features: sourceOf(() => 0), seed: 7, maxImages: 50 });
    expect(await measure()).toEqual(await measure());
  });
  it('lists the farthest new images first', async () => {
    const odd = added[42]?.sha256;
    const drift = await measureDrift({
      reference,
      current,
      features: sourceOf((digest) => (digest === odd ? 9 : 0)),
      seed: 1,
      farthest: 3,
    });
    expect(drift.farthest).toHaveLength(3);
    expect(drift.farthest[0]?.sha256).toBe(odd);
    expect(drift.farthest[0]?.distance).toBeGreaterThan(20);
  });
  it('takes a label that was renamed or merged since for the one that it was', async () => {
    const names: Readonly<Record<string, string>> = { ant: 'formica', bee: 'apis' };
    const labels = [...new Set(old.map(({ label }) => label))];
    const nameOf = (label: string): string => names[label] ?? label;
    const now = {
      ...current,
      images: current.images.map((image) => ({ ...image, label: nameOf(image.label) })),
      root: { dataset: 'insects', labels: labels.map(nameOf) },
    };
    const before = { ...reference, root: { dataset: 'insects', labels } };
    const features = sourceOf(() => 0);
    expect((await measureDrift({ reference, current: now, features, seed: 1 })).labels?.detected).toBe(true);
    expect((await measureDrift({ reference: before, current: now, features, seed: 1 })).labels?.detected).toBe(false);
    const [first = '', second = ''] = labels;
    const merged = {
      ...current,
      images: current.images.map((image) => ({ ...image, label: second })),
      root: { dataset: 'insects', labels, renamed: { [first]: second } },
    };
    expect((await measureDrift({ reference: before, current: merged, features, seed: 1 })).labels).toMatchObject({
      detected: false,
      p: 1,
    });
  });
  it('finds labels that come in other shares', async () => {
    const ants = { ...current, images: [...old, ...imagesOf(100, 'ants', ['ant'])] };
    expect(
      (await measureDrift({ reference, current: ants, features: sourceOf(() => 0), seed: 1 })).labels,
    ).toMatchObject({
      degreesOfFreedom: 1,
      detected: true,
    });
  });
  it('tells nothing of fewer than ten images, and reads no features for it', async () => {
    const features = sourceOf(() => 0);
    const few = { ...current, images: [...old, ...added.slice(0, 9)] };
    expect(await measureDrift({ reference, current: few, features, seed: 1 })).toMatchObject({
      newImages: 9,
      features: null,
      labels: null,
      farthest: [],
    });
    expect(features.asked).toBe(0);
  });
  it('compares training images alone, and draws from many', async () => {
    const features = sourceOf(() => 0);
    const tested = imagesOf(50, 'tested').map((image) => ({ ...image, split: 'test' as const }));
    const drift = await measureDrift({
      reference,
      current: { ...current, images: [...current.images, ...tested] },
      features,
      seed: 1,
      maxImages: 30,
    });
    expect(drift.newImages).toBe(100);
    expect(features.asked).toBe(60);
  });
});

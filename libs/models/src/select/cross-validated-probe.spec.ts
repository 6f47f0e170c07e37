import { describe, expect, it } from '@jest/globals';
import { createRandom } from '../random.js';
import { crossValidatedProbe } from './cross-validated-probe.js';
import { stratifiedFolds } from './stratified-folds.js';

/** Features that part three labels by `distance` standard deviations, spread over a third of them each, among noise. */
const features = (options: { rows: number; length: number; distance: number; seed?: number }) => {
  const { rows, length, distance, seed = 1 } = options;
  const random = createRandom(seed);
  const labels = Array.from({ length: rows }, (_, row) => row % 3);
  const values = new Float32Array(rows * length);
  for (let row = 0; row < rows; row += 1)
    for (let k = 0; k < length; k += 1)
      values[row * length + k] =
        5 + random.normal() + (k % 3 === (labels[row] ?? 0) ? distance * (3 / length) ** 0.5 : 0);
  return { features: values, length, labels, classes: 3, groups: labels.map(() => null) };
};

const shareRight = (right: readonly boolean[]): number => right.filter(Boolean).length / right.length;

describe('a cross-validated probe', () => {
  it('finds what tells labels apart, and nothing where there is nothing', async () => {
    const [clear, none] = [
      await crossValidatedProbe({ ...features({ rows: 150, length: 40, distance: 4 }), seed: 0 }),
      await crossValidatedProbe({ ...features({ rows: 150, length: 40, distance: 0 }), seed: 0 }),
    ];
    expect(shareRight(clear.right)).toBeGreaterThan(0.95);
    expect(shareRight(none.right)).toBeLessThan(0.5);
  });

  it('is as good with more features than images, and with fewer', async () => {
    for (const length of [20, 400]) {
      const { right } = await crossValidatedProbe({ ...features({ rows: 240, length, distance: 8 }), seed: 0 });
      expect(shareRight(right)).toBeGreaterThan(0.95);
    }
  });

  it('shrinks more where features are noise', async () => {
    const shrinkage = async (distance: number): Promise<number> => {
      const probe = await crossValidatedProbe({ ...features({ rows: 150, length: 150, distance }), seed: 0 });
      return probe.folds.reduce((sum, { ridge }) => sum + Math.log(ridge), 0);
    };
    expect(await shrinkage(20)).toBeLessThan(await shrinkage(3));
  });

  it('gives the same answer for the same seed, and other folds for another', async () => {
    const rows = features({ rows: 90, length: 30, distance: 1.5 });
    const first = await crossValidatedProbe({ ...rows, seed: 3 });
    expect(await crossValidatedProbe({ ...rows, seed: 3 })).toEqual(first);
    expect((await crossValidatedProbe({ ...rows, seed: 4 })).predicted).not.toEqual(first.predicted);
  });

  it('judges each row once, by folds that add up', async () => {
    const { right, folds } = await crossValidatedProbe({
      ...features({ rows: 101, length: 10, distance: 2 }),
      folds: 4,
      seed: 0,
    });
    expect(folds.map(({ images }) => images).reduce((sum, images) => sum + images, 0)).toBe(101);
    expect(folds.map((fold) => fold.right).reduce((sum, count) => sum + count, 0)).toBe(right.filter(Boolean).length);
  });

  it('is not taken in by copies: rows of one group are left out together', async () => {
    // Labels drawn at random, each row there twice: only its copy could tell what a row's label is.
    const once = features({ rows: 60, length: 30, distance: 0 });
    const random = createRandom(9);
    const labels = once.labels.map(() => Math.floor(random.next() * 3));
    const twice = {
      features: Float32Array.from([...once.features, ...once.features]),
      length: once.length,
      classes: 3,
      labels: [...labels, ...labels],
    };
    const apart = await crossValidatedProbe({ ...twice, groups: twice.labels.map(() => null), seed: 0 });
    const together = await crossValidatedProbe({
      ...twice,
      groups: twice.labels.map((_, row) => `g${row % 60}`),
      seed: 0,
    });
    expect(shareRight(apart.right)).toBeGreaterThan(0.7);
    expect(shareRight(together.right)).toBeLessThan(0.5);
  });

  it('refuses what it cannot judge, and stops when told to', async () => {
    const rows = features({ rows: 30, length: 5, distance: 1 });
    const one = { ...rows, labels: rows.labels.map(() => 0) };
    await expect(crossValidatedProbe({ ...one, seed: 0 })).rejects.toMatchObject({ code: 'dataset_unfit' });
    await expect(crossValidatedProbe({ ...rows, length: 4, seed: 0 })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(crossValidatedProbe({ ...rows, seed: 0, signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
  });
});

describe('folds', () => {
  it('hold an even share of every label', () => {
    const labels = Array.from({ length: 103 }, (_, row) => (row < 70 ? 0 : row < 95 ? 1 : 2));
    const foldOf = stratifiedFolds({ labels, groups: labels.map(() => null), folds: 5, seed: 2 });
    for (const [label, count] of [70, 25, 8].entries())
      for (let fold = 0; fold < 5; fold += 1) {
        const held = labels.filter((of, row) => of === label && foldOf[row] === fold).length;
        expect(Math.abs(held - count / 5)).toBeLessThan(1);
      }
    const sizes = [0, 1, 2, 3, 4].map((fold) => foldOf.filter((of) => of === fold).length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it('never part a group', () => {
    const labels = Array.from({ length: 60 }, (_, row) => row % 2);
    const groups = labels.map((_, row) => (row < 30 ? `g${Math.floor(row / 6)}` : null));
    const foldOf = stratifiedFolds({ labels, groups, folds: 4, seed: 0 });
    for (let group = 0; group < 5; group += 1)
      expect(new Set(foldOf.filter((_, row) => groups[row] === `g${group}`)).size).toBe(1);
  });

  it('are refused where there are fewer groups than folds', () => {
    expect(() => stratifiedFolds({ labels: [0, 1, 0, 1], groups: ['a', 'a', 'b', 'b'], folds: 3, seed: 0 })).toThrow(
      /3 folds need 3 groups/,
    );
  });
});

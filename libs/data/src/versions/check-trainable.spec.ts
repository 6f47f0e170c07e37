import { describe, expect, it } from '@jest/globals';
import { AppError, type DatasetRoot, type ManifestImage, type Split } from '@graft/contracts';
import { checkTrainable } from './check-trainable.js';
import { landedImage } from '../spec-support/landed.js';

const version = (counts: Record<string, Record<Split, number>>): { root: DatasetRoot; images: ManifestImage[] } => {
  const images = Object.entries(counts).flatMap(([label, bySplit]) =>
    (['train', 'val', 'test'] as const).flatMap((split) =>
      Array.from({ length: bySplit[split] }, (_, i) => ({ ...landedImage(`${label}${split}${i}`, { label }), split })),
    ),
  );
  const root: DatasetRoot = {
    schemaVersion: 'dataset-version.v1',
    dataset: 'insects',
    labels: Object.keys(counts),
    shards: [],
    images: images.length,
    bySplit: { train: 0, val: 0, test: 0 },
    byLabel: {},
    bySource: {},
  };
  return { root, images };
};
const refusal = (counts: Record<string, Record<Split, number>>): AppError => {
  try {
    checkTrainable(version(counts));
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
  }
  throw new Error('it was not refused');
};
const enough = { train: 2, val: 1, test: 1 };

describe('checkTrainable', () => {
  it('lets a dataset with two labels and something in every split through', () => {
    expect(() => checkTrainable(version({ ant: enough, bee: { train: 2, val: 0, test: 0 } }))).not.toThrow();
  });
  it('does not mind a label that was retired: merged into another, or emptied', () => {
    expect(() =>
      checkTrainable(version({ ant: enough, old: { train: 0, val: 0, test: 0 }, bee: enough })),
    ).not.toThrow();
    const left = refusal({ ant: enough, old: { train: 0, val: 0, test: 0 } });
    expect(left.details).toMatchObject({ problem: 'too_few_labels', labels: ['ant'] });
    expect(left.message).toContain('one label ("ant", 4 images)');
  });
  it.each([
    ['one label', { ant: enough }, 'too_few_labels', 'one label ("ant", 4 images)', 'land images of another label'],
    ['no image', {}, 'too_few_labels', 'no image', 'land images'],
    [
      'a label with one training image',
      { ant: enough, bee: { train: 1, val: 0, test: 3 } },
      'too_few_train',
      'label "bee" has 1 image in train (and 0 in val, 3 in test), at least 2 are needed',
      'land more under insects/bee/',
    ],
    ['no val', { ant: { ...enough, val: 0 }, bee: { ...enough, val: 0 } }, 'no_val', 'val split', 'land more'],
    ['no test', { ant: { ...enough, test: 0 }, bee: { ...enough, test: 0 } }, 'no_test', 'test split', 'land more'],
  ])('refuses %s, and says what was found and what to do', (_, counts, problem, found, todo) => {
    const error = refusal(counts);
    expect(error).toMatchObject({ code: 'dataset_unfit', details: { problem, dataset: 'insects' } });
    expect(error.message).toContain(found);
    expect(error.message).toContain(todo);
  });
  it('names the first few of many poor labels', () => {
    const counts = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`l${i}`, { train: 0, val: 1, test: 1 }]));
    expect(refusal(counts).message).toContain('and 4 more labels');
  });
});

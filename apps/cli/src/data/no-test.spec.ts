import { createMemoryStore } from '@graft/artifacts';
import { describe, expect, it } from '@jest/globals';
import { mayHaveTest, tellNoTest, tellTrainAlone } from './no-test.js';

const bySplit = { train: 4, val: 1, test: 0 };

describe('a dataset without a test split', () => {
  it('is one whose version has none, and where nothing landed but train', async () => {
    const landing = createMemoryStore();
    const look = (test: number | null): Promise<boolean | null> =>
      mayHaveTest({ dataset: 'bugs', version: test === null ? null : { bySplit: { ...bySplit, test } }, landing });
    await landing.put('bugs/train/ant/1.jpg', new Uint8Array(1));
    await landing.put('other/ant/1.jpg', new Uint8Array(1));
    expect([await look(null), await look(0), await look(1)]).toEqual([false, false, true]);
    await landing.put('bugs/ant/2.jpg', new Uint8Array(1));
    expect([await look(null), await look(0)]).toEqual([true, true]);
    expect(await mayHaveTest({ dataset: 'bugs', version: null, landing: null })).toBeNull();
  });

  it('is told of a landing', () => {
    expect(tellTrainAlone('bugs', true)).toBeNull();
    expect(tellTrainAlone('bugs', false)).toContain(
      'everything here is fixed as train, and dataset bugs has no test image: its runs fail, as nothing could be evaluated. --test-share divides only',
    );
    expect(tellTrainAlone('bugs', null)).toContain('unless dataset bugs has test images already, its runs fail');
  });

  it('is told of a version', () => {
    const version = { dataset: 'bugs', images: 5, bySplit };
    expect(tellNoTest({ ...version, bySplit: { ...bySplit, test: 1 } }, 5)).toBeNull();
    expect(tellNoTest({ ...version, images: 0 }, 0)).toBeNull();
    expect(tellNoTest(version, 5)).toBe(
      'no image is in the test split, so runs fail, as nothing could be evaluated: uploaders fixed them all as train, which --test-share leaves as it is. Land more images under bugs/test/<label>/, or without a split',
    );
    expect(tellNoTest(version, 4)).toContain('too few are left to the shares');
  });
});

import { createContentStore, createMemoryStore } from '@graft/artifacts';
import { digestOfText, type ManifestImage } from '@graft/contracts';
import { countFixedSplits, writeDatasetVersion } from '@graft/data';
import { describe, expect, it } from '@jest/globals';
import { hasFixedTest, tellFixedSplits, tellValAsTest } from './fixed-test.js';

const image = (name: string, fixedSplit: ManifestImage['split'], split = fixedSplit): ManifestImage => ({
  ...{ sha256: digestOfText(name), pixelSha256: digestOfText(`pixels ${name}`), perceptualHash: '0'.repeat(16) },
  ...{ label: 'ant', group: null, split, fixedSplit, source: 'field', key: `bugs/ant/${name}.jpg` },
  ...{ width: 40, height: 10, sizeBytes: 9 },
});
const VAL_AS_TEST = [image('a', 'train'), image('b', 'train', 'val'), image('c', 'val', 'test')];

const createWorld = async (images: readonly ManifestImage[] | null) => {
  const landing = createMemoryStore();
  const blobs = createContentStore(createMemoryStore());
  const version =
    images === null ? null : await writeDatasetVersion(blobs, { dataset: 'bugs', labels: ['ant'], images });
  return { dataset: { name: 'bugs', latestVersion: version?.id ?? null }, landing, blobs };
};

describe('what a val folder comes to', () => {
  it('is test where nobody has fixed a test, in the landing zone or in the latest version', async () => {
    expect(await hasFixedTest(await createWorld(null))).toBe(false);
    expect(await hasFixedTest(await createWorld(VAL_AS_TEST))).toBe(false);
    expect(await hasFixedTest(await createWorld([...VAL_AS_TEST, image('d', 'test')]))).toBe(true);
    const world = await createWorld(VAL_AS_TEST);
    // A label by the name of a split is no split.
    await world.landing.put('bugs/test/x.jpg', new Uint8Array(1));
    expect(await hasFixedTest(world)).toBe(false);
    await world.landing.put('bugs/test/ant/x.jpg', new Uint8Array(1));
    expect(await hasFixedTest(world)).toBe(true);
    expect(await hasFixedTest({ ...world, blobs: null })).toBe(null);
  });
  it('is told of a landing', () => {
    expect(tellValAsTest('bugs', true)).toBe(null);
    expect(tellValAsTest('bugs', false)).toBe(
      'val is the test split of dataset bugs, as nobody has fixed a test; a val is carved from train',
    );
    expect(tellValAsTest('bugs', null)).toContain('if nobody has fixed a test');
  });
  it('is told of a version', () => {
    expect(tellFixedSplits(countFixedSplits([image('a', 'train'), image('c', 'val')]))).toBe(null);
    expect(tellFixedSplits(countFixedSplits(VAL_AS_TEST))).toBe(
      'val/ is the test split here: 1 image, as no uploader fixed a test; val was carved from train (1 image)',
    );
    expect(tellFixedSplits(countFixedSplits([...VAL_AS_TEST, image('d', 'test')]))).toBe(
      '1 image of val/ is test: seen before an uploader fixed a test, and splits never change',
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { AppError, type ManifestImage } from '@graft/contracts';
import sharp from 'sharp';
import { landedImage } from '../spec-support/landed.js';
import { chooseSamples, makeContactSheet } from './contact-sheet.js';
import { describeImages } from './describe-images.js';

const image = (name: string, given: Partial<ManifestImage> = {}): ManifestImage => {
  const { etag: _, split: __, ...facts } = landedImage(name);
  return { ...facts, split: 'train', ...given };
};

describe('describeImages', () => {
  it('counts labels, sizes, brightness, near-duplicates and what was left out', () => {
    const quality = (brightness: number) => ({ quality: { brightness, contrast: 0.2, sharpness: 10 } });
    const first = image('a', { width: 400, height: 100, ...quality(0) });
    const images = [
      first,
      image('b', { group: first.pixelSha256, ...quality(1) }),
      image('c', { label: 'bee', split: 'test', group: 'nest', ...quality(0.5), correction: 3 }),
      image('d', { label: 'bee', group: 'nest' }),
      image('e', { label: 'bee' }),
    ];
    const byLabel = { ant: { train: 2, val: 0, test: 0 }, bee: { train: 2, val: 0, test: 1 } };
    const card = describeImages({
      root: {
        labels: ['ant', 'bee', 'old'],
        byLabel,
        bySplit: { train: 4, val: 0, test: 1 },
        bySource: { landing: 5 },
      },
      images,
      quarantine: [{ key: 'k', etag: '', sha256: null, reason: 'empty_file', detail: '' }],
    });
    expect(card).toMatchObject({
      images: 5,
      retired: ['old'],
      imbalance: 1.5,
      nearDuplicates: 1,
      groups: 1,
      relabelledByHand: 1,
      bytes: 500,
      side: { images: 5, least: 64, median: 64, most: 200 },
      aspect: { least: 1, most: 4 },
      brightness: { images: 3, least: 0, median: 0.5, most: 1 },
      quarantine: { empty_file: 1 },
    });
    expect(card.labels.map(({ label, images: of, brightness }) => [label, of, brightness])).toEqual([
      ['ant', 2, 0.5],
      ['bee', 3, 0.5],
    ]);
    const { counts, bounds } = card.brightnessHistogram;
    expect([counts[0], counts[10], counts.at(-1), counts.length, bounds.length]).toEqual([1, 1, 1, 20, 21]);
  });
  it('says that nothing was measured of a version without images', () => {
    const root = { labels: [], byLabel: {}, bySplit: { train: 0, val: 0, test: 0 }, bySource: {} };
    expect(describeImages({ root, images: [], quarantine: [] })).toMatchObject({
      imbalance: null,
      side: { images: 0, median: 0 },
    });
  });
});

describe('makeContactSheet', () => {
  const colours: Record<string, string> = { ant: '#ff0000', bee: '#00ff00' };
  const load = async (label: string): Promise<Buffer> =>
    sharp({ create: { width: 60, height: 30, channels: 3, background: colours[label] ?? '#000' } })
      .png()
      .toBuffer();

  it('shows a row of images for each label, whatever the label is called', async () => {
    const images = [
      image('a', { label: 'ant' }),
      image('b', { label: 'ant', split: 'test' }),
      image('c', { label: 'bee' }),
    ];
    const labelOf = new Map(images.map(({ sha256, label }) => [sha256, label]));
    const gone = image('gone', { label: 'bee' });
    const sheet = await makeContactSheet({
      title: 'insects & <others>',
      rows: [
        { label: 'ant <script> & "friends" that go on and on', images: images.slice(0, 2) },
        { label: 'bee', images: [images[2] ?? gone, gone] },
      ],
      perLabel: 3,
      load: (digest) => {
        const label = labelOf.get(digest);
        if (label === undefined) throw new AppError('not_found', `no object ${digest}`);
        return load(label);
      },
    });
    const { data, info } = await sharp(sheet).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([190 + 3 * 118 + 6, 26 + 2 * 118 + 6]);
    const at = (x: number, y: number): number[] => [
      ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
    ];
    expect(at(190 + 60, 26 + 60)).toEqual([255, 0, 0]);
    expect(at(190 + 118 + 60, 26 + 60)).toEqual([255, 0, 0]);
    const beeRow = [at(190 + 60, 26 + 118 + 60), at(190 + 118 + 60, 26 + 118 + 60)];
    expect(beeRow).toEqual(
      expect.arrayContaining([
        [0, 255, 0],
        [209, 217, 224],
      ]),
    );
  });
  it('takes of each split in turn, the same images each time', () => {
    const images = ['a', 'b', 'c', 'd', 'e'].map((name) => image(name, { split: name === 'e' ? 'test' : 'train' }));
    const chosen = chooseSamples(images, 3);
    expect(chosen.map(({ split }) => split)).toEqual(['train', 'test', 'train']);
    expect(chooseSamples([...images].reverse(), 3)).toEqual(chosen);
    expect(chooseSamples(images, 9)).toHaveLength(5);
  });
});

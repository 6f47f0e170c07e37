import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { describeNetwork } from '../catalog/catalog.js';
import { findArchitecture } from '../architectures/find-architecture.js';
import { untrainedCheckpoint } from '../network/untrained-checkpoint.js';
import { findPhoto, loadLite0 } from '../testing/lite0.js';
import { measureEvidence } from './measure-evidence.js';
import { spreadSample } from './spread-sample.js';

const noise = (seed: number): Promise<Buffer> =>
  sharp({
    create: {
      width: 80,
      height: 64,
      channels: 3,
      background: '#777',
      noise: { type: 'gaussian', mean: 120 + seed, sigma: 40 },
    },
  })
    .png()
    .toBuffer();

describe('evidence', () => {
  const photo = findPhoto('train/ants/0013035.jpg');
  const withPhotos = photo === null ? it.skip : it;

  withPhotos(
    'finds photos familiar and told apart, and noise unfamiliar (skipped without the hymenoptera photos)',
    async () => {
      const root = dirname(dirname(photo ?? ''));
      const images = await Promise.all(
        ['ants', 'bees'].map(async (folder, label) =>
          (await readdir(join(root, folder)))
            .sort()
            .slice(0, 24)
            .map((name) => ({ image: join(root, folder, name), label })),
        ),
      );
      const { backbone, checkpoint } = await loadLite0();
      const common = { backbone, checkpoint, inputSize: 224 };
      const photos = await measureEvidence({
        ...common,
        images: images.flat(),
        classes: 2,
        load: (path) => readFile(path),
      });
      expect(photos).toMatchObject({ images: 48 });
      expect(photos.familiarity).toBeGreaterThan(0.55);
      expect(photos.separability).toBeGreaterThan(0.7);
      expect(photos.imagesPerSecond).toBeGreaterThan(0);
      const drawn = await measureEvidence({
        ...common,
        images: Array.from({ length: 8 }, (_, at) => ({ image: String(at), label: at % 2 })),
        classes: 2,
        load: (name) => noise(Number(name)),
      });
      expect(drawn.familiarity).toBeLessThan(0.45);
    },
  );

  it('does without a classifier of many classes', async () => {
    const checkpoint = untrainedCheckpoint(findArchitecture('resnet18'), { classes: 2, seed: 1 });
    const headless = new Map([...checkpoint].filter(([name]) => !name.startsWith('fc.')));
    const request = {
      backbone: describeNetwork('resnet18'),
      inputSize: 64,
      images: Array.from({ length: 4 }, (_, at) => ({ image: String(at), label: at % 2 })),
      classes: 2,
      load: (name: string) => noise(Number(name)),
    };
    for (const each of [checkpoint, headless])
      expect(await measureEvidence({ ...request, checkpoint: each })).toMatchObject({
        familiarity: null,
        separability: expect.any(Number),
      });
  });
});

describe('a spread sample', () => {
  const items = [...'a'.repeat(50), ...'b'.repeat(3), ...'c'.repeat(20)].map((label, at) => ({
    label,
    at,
  }));
  const sample = (limit: number, seed = 0) => spreadSample(items, { labelOf: ({ label }) => label, limit, seed });

  it('takes labels in turn, as far as each goes, and no image twice', () => {
    const labels = sample(21).map(({ label }) => label);
    expect(['a', 'b', 'c'].map((each) => labels.filter((label) => label === each).length)).toEqual([9, 3, 9]);
    expect(new Set(sample(1000).map(({ at }) => at)).size).toBe(73);
  });

  it('is the same for a seed, and another for another', () => {
    expect(sample(10)).toEqual(sample(10));
    expect(sample(10, 1)).not.toEqual(sample(10));
  });
});

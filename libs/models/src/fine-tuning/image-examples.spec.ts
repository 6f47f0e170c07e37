import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Preprocessing } from '@graft/contracts';
import sharp from 'sharp';
import { preprocessImage } from '../preprocess/preprocess-image.js';
import { createRandom } from '../random.js';
import { imageExamples, type ImageExamplesOptions, type ImageFile } from './image-examples.js';

const SIZE = 24;
const PREPROCESSING: Preprocessing = {
  schemaVersion: 'preprocessing.v1',
  inputSize: SIZE,
  cropShare: 0.875,
  interpolation: 'bicubic',
  mean: [127, 127, 127],
  std: [128, 128, 128],
};

const noisyPng = (seed: number): Promise<Buffer> => {
  const random = createRandom(seed);
  const pixels = Uint8Array.from({ length: 60 * 40 * 3 }, () => Math.floor(random.next() * 256));
  return sharp(pixels, { raw: { width: 60, height: 40, channels: 3 } })
    .png()
    .toBuffer();
};

describe('examples of images', () => {
  let folder: string;
  let files: ImageFile[];
  const bytesOf: Buffer[] = [];
  const keep = async (bytes: Uint8Array): Promise<ImageFile> => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(folder, sha256), bytes);
    return { sha256, path: join(folder, sha256) };
  };
  const examples = (options: Partial<ImageExamplesOptions> = {}): ReturnType<typeof imageExamples> =>
    imageExamples({
      files,
      labels: Int32Array.from(files, (_, index) => index % 2),
      preprocessing: PREPROCESSING,
      augment: { flip: true, minCropShare: 0.5, colour: 0.2 },
      seed: 3,
      ...options,
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graft-examples-'));
    for (let seed = 1; seed <= 4; seed += 1) bytesOf.push(await noisyPng(seed));
    files = await Promise.all(bytesOf.map(keep));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('evaluates exactly what is served, channels side by side', async () => {
    const read = await examples().read([2, 0], null);
    for (const [index, row] of [2, 0].entries()) {
      const served = await preprocessImage(bytesOf[row] ?? new Uint8Array(), PREPROCESSING);
      const plane = SIZE * SIZE;
      const turned = Float32Array.from(
        { length: 3 * plane },
        (_, at) => served[(at % 3) * plane + Math.floor(at / 3)] ?? NaN,
      );
      expect(read.subarray(index * 3 * plane, (index + 1) * 3 * plane)).toEqual(turned);
    }
  });

  it('gives the same evaluated view whether its pixels were kept or not', async () => {
    const [keeping, forgetting] = [examples(), examples({ keepBytes: 0 })];
    const first = await keeping.read([0, 1, 2, 3], null);
    for (const { path } of files) await rm(path);
    expect(await keeping.read([0, 1, 2, 3], null)).toEqual(first);
    await expect(forgetting.read([0], null)).rejects.toMatchObject({ details: { image: files[0]?.sha256 } });
    await Promise.all(bytesOf.map(keep));
    expect(await forgetting.read([0, 1, 2, 3], null)).toEqual(first);
  });

  it('gives each image the same view in an epoch, however images are batched, and another one in the next', async () => {
    const together = await examples().read([0, 1, 2, 3], 5);
    const length = together.length / 4;
    const alone = await examples().read([2], 5);
    expect(alone).toEqual(together.subarray(2 * length, 3 * length));
    expect(await examples().read([2], 6)).not.toEqual(alone);
    expect(await examples({ seed: 4 }).read([2], 5)).not.toEqual(alone);
  });

  it('sees the evaluated view in every epoch where nothing is varied', async () => {
    const still = examples({ augment: null });
    expect(await still.read([1], 1)).toEqual(await still.read([1], null));
    const unvaried = await examples({ augment: { flip: false, minCropShare: 1, colour: 0 } }).read([1], 1);
    const evaluated = await still.read([1], null);
    expect(unvaried.every((value, at) => Math.abs(value - (evaluated[at] ?? NaN)) < 1e-6)).toBe(true);
  });

  it('names the image that can not be read', async () => {
    const bad = await keep(Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]));
    await expect(examples({ files: [...files, bad] }).read([0, 4], 1)).rejects.toMatchObject({
      code: 'image_unfit',
      message: expect.stringContaining(bad.sha256),
      details: { image: bad.sha256, reason: 'broken_image' },
    });
  });
});

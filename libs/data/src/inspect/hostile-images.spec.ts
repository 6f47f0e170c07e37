import { beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '@graft/contracts';
import sharp from 'sharp';
import { inspectImage } from './inspect-image.js';
import { hostileImages, type HostileImage } from '../testing/hostile-images.js';

const outcomeOf = async (bytes: Uint8Array): Promise<unknown> => {
  try {
    const { width, height } = await inspectImage(bytes);
    expect(width * height).toBeGreaterThan(0);
    return 'fit';
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'image_unfit') return thrown.details['reason'];
    throw thrown;
  }
};

describe('images made to do harm', () => {
  let images: HostileImage[];
  beforeAll(async () => {
    images = await hostileImages();
  });

  it('are each taken, or left out for the right reason', async () => {
    const outcomes: Record<string, unknown> = {};
    for (const { name, bytes } of images) outcomes[name] = await outcomeOf(bytes);
    expect(outcomes).toEqual(Object.fromEntries(images.map(({ name, outcome }) => [name, outcome])));
  });
  it('are no danger to each other when all are looked at together', async () => {
    expect(await Promise.all(images.map(({ bytes }) => outcomeOf(bytes)))).toEqual(
      images.map(({ outcome }) => outcome),
    );
  });
  it('are refused by their headers within a moment, however much they claim', async () => {
    for (const { bytes } of images.filter(({ outcome }) => outcome === 'too_many_pixels')) {
      const started = performance.now();
      await outcomeOf(bytes);
      expect(performance.now() - started).toBeLessThan(1000);
    }
  });
});

describe('EXIF orientation', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%d shows the picture upright', async (orientation) => {
    // Lossless, so that the pixels can be compared: two halves, and a corner that tells every turn apart.
    const [width, height] = [40, 24];
    const pixels = Buffer.alloc(width * height * 3, 30);
    for (let y = 0; y < height; y++) pixels.fill(200, y * width * 3, (y * width + width / 2) * 3);
    for (let y = 0; y < 6; y++) pixels.fill(90, y * width * 3, (y * width + 6) * 3);
    const raw = { raw: { width, height, channels: 3 as const } };
    const upright = await sharp(pixels, raw).png().toBuffer();
    // The camera's view of it: what the orientation undoes (EXIF 2.3, 4.6.4 A).
    const stored = {
      1: sharp(pixels, raw),
      2: sharp(pixels, raw).flop(),
      3: sharp(pixels, raw).rotate(180),
      4: sharp(pixels, raw).flip(),
      5: sharp(await sharp(pixels, raw).flop().raw().toBuffer(), raw).rotate(270),
      6: sharp(pixels, raw).rotate(270),
      7: sharp(await sharp(pixels, raw).flop().raw().toBuffer(), raw).rotate(90),
      8: sharp(pixels, raw).rotate(90),
    }[orientation];
    const tagged = await (stored ?? sharp(pixels, raw)).withMetadata({ orientation }).png().toBuffer();
    expect((await sharp(tagged).metadata()).orientation).toBe(orientation);
    const { pixelSha256 } = await inspectImage(upright);
    expect(await inspectImage(tagged)).toMatchObject({ width, height, pixelSha256 });
  });
});

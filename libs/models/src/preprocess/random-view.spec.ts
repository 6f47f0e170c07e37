import { describe, expect, it } from '@jest/globals';
import type { Preprocessing } from '@graft/contracts';
import sharp from 'sharp';
import { createRandom } from '../random.js';
import { NO_CHANGE } from './colour.js';
import { drawView, randomPixels, type Augment, type RandomView } from './random-view.js';

const AUGMENT: Augment = { flip: true, minCropShare: 0.35, colour: 0.1 };
const SIZE = 16;
const PREPROCESSING: Preprocessing = {
  schemaVersion: 'preprocessing.v1',
  inputSize: SIZE,
  cropShare: 1,
  interpolation: 'bilinear',
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

const drawMany = (size: { width: number; height: number }, augment: Augment, count = 2000): RandomView[] => {
  const random = createRandom(7);
  return Array.from({ length: count }, () => drawView(random, size, augment));
};

describe('random views', () => {
  it('crop at least the share asked for, within the picture, in bearable aspects', () => {
    const size = { width: 400, height: 300 };
    const crops = drawMany(size, AUGMENT).flatMap(({ crop }) => (crop === null ? [] : [crop]));
    expect(crops).toHaveLength(2000);
    for (const { left, top, width, height } of crops) {
      expect(Math.min(left, top, size.width - left - width, size.height - top - height)).toBeGreaterThanOrEqual(0);
      const [share, aspect] = [(width * height) / (size.width * size.height), width / height];
      // To the rounding of a side to whole pixels.
      expect(share).toBeGreaterThan(0.345);
      expect(aspect).toBeGreaterThan(0.745);
      expect(aspect).toBeLessThan(1.345);
    }
    const shares = crops.map(({ width, height }) => (width * height) / (size.width * size.height));
    expect(Math.min(...shares)).toBeLessThan(0.4);
    expect(Math.max(...shares)).toBeGreaterThan(0.9);
    // They reach every side.
    expect(crops.some(({ left }) => left === 0)).toBe(true);
    expect(crops.some(({ top, height }) => top + height === size.height)).toBe(true);
  });

  it('take the middle of a picture that no crop fits', () => {
    for (const { crop } of drawMany({ width: 2000, height: 10 }, { ...AUGMENT, minCropShare: 0.9 }, 20))
      expect(crop).toEqual({ left: 993, top: 0, width: 13, height: 10 });
    expect(drawView(createRandom(1), { width: 1, height: 1 }, AUGMENT).crop).toEqual({
      left: 0,
      top: 0,
      width: 1,
      height: 1,
    });
  });

  it('mirror about half', () => {
    const flipped = drawMany({ width: 50, height: 50 }, AUGMENT).filter(({ flip }) => flip).length;
    expect(flipped).toBeGreaterThan(900);
    expect(flipped).toBeLessThan(1100);
  });

  it('change colours up to the share asked for, evenly up and down', () => {
    const views = drawMany({ width: 50, height: 50 }, { ...AUGMENT, colour: 0.3 });
    for (const part of ['brightness', 'contrast', 'saturation'] as const) {
      const factors = views.map(({ colour }) => colour[part]);
      expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.7);
      expect(Math.max(...factors)).toBeLessThanOrEqual(1.3);
      expect(factors.reduce((sum, factor) => sum + factor, 0) / factors.length).toBeCloseTo(1, 1);
    }
  });

  it('are the evaluated view when nothing is to be varied', () => {
    const still: Augment = { flip: false, minCropShare: 1, colour: 0 };
    for (const view of drawMany({ width: 50, height: 20 }, still, 20))
      expect(view).toEqual({ crop: null, flip: false, colour: NO_CHANGE });
  });

  it('are cut from the upright picture and mirrored after', async () => {
    // Stored lying on its side: upright (orientation 6) red is above and blue below; the left half of red is darker.
    const pixels = Uint8Array.from(
      Array.from({ length: 64 * 64 }, (_, at) => {
        const [x, y] = [at % 64, Math.floor(at / 64)];
        return x < 32 ? [y > 31 ? 100 : 200, 0, 0] : [0, 0, 200];
      }).flat(),
    );
    const png = await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    const cut = async (view: Partial<RandomView>): Promise<Uint8Array> => {
      const whole: RandomView = { crop: { left: 0, top: 0, width: 64, height: 32 }, flip: false, colour: NO_CHANGE };
      return (await randomPixels(png, PREPROCESSING, () => ({ ...whole, ...view }))).pixels;
    };
    const at = (view: Uint8Array, x: number, y: number): number[] => [
      ...view.subarray((y * SIZE + x) * 3).subarray(0, 3),
    ];
    const above = await cut({});
    expect([at(above, 2, 8), at(above, 13, 8)]).toEqual([
      [100, 0, 0],
      [200, 0, 0],
    ]);
    const mirrored = await cut({ flip: true });
    expect([at(mirrored, 2, 8), at(mirrored, 13, 8)]).toEqual([
      [200, 0, 0],
      [100, 0, 0],
    ]);
    const below = await cut({ crop: { left: 0, top: 32, width: 64, height: 32 } });
    expect(at(below, 8, 8)).toEqual([0, 0, 200]);
  });

  it('are cut from pictures of any proportions', async () => {
    const strip = await sharp({ create: { width: 3000, height: 4, channels: 3, background: '#0a141e' } })
      .png()
      .toBuffer();
    const random = createRandom(2);
    const { pixels } = await randomPixels(strip, PREPROCESSING, (size) => drawView(random, size, AUGMENT));
    expect(pixels).toHaveLength(3 * SIZE * SIZE);
    expect([...pixels.subarray(0, 3)]).toEqual([10, 20, 30]);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { RgbPixels } from '@graft/images';
import { measureQuality as measure } from './image-quality.js';
import { toColourBlocks } from './colour-blocks.js';
import { lumaPlane } from './luma-plane.js';

const measureQuality = (pixels: RgbPixels) => measure(lumaPlane(toColourBlocks(pixels)));

/** Grey pixels from a function of the place, 0 to 255. */
const grey = (width: number, height: number, valueOf: (x: number, y: number) => number): RgbPixels => {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.fill(valueOf(x, y), (y * width + x) * 3, (y * width + x + 1) * 3);
  return { data, width, height };
};

/** What the formulas say, for a picture that isn't reduced: plainly, to compare with. */
const expected = ({ data, width, height }: RgbPixels) => {
  const luma = Array.from({ length: width * height }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = data.subarray(pixel * 3, pixel * 3 + 3);
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
  });
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = (values: number[]): number => mean(values.map((value) => (value - mean(values)) ** 2));
  const at = (x: number, y: number): number => luma[y * width + x] ?? NaN;
  const edges: number[] = [];
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++)
      edges.push(at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4 * at(x, y));
  return { brightness: mean(luma), contrast: Math.sqrt(variance(luma)), sharpness: variance(edges) };
};

describe('measureQuality', () => {
  it('says what the formulas say, with the weights of Rec. 709', () => {
    const width = 41;
    const height = 23;
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 + (i % 13) * 31) % 256);
    const quality = measureQuality({ data, width, height });
    const { brightness, contrast, sharpness } = expected({ data, width, height });
    expect(quality.brightness).toBeCloseTo(brightness, 4);
    expect(quality.contrast).toBeCloseTo(contrast, 4);
    expect(quality.sharpness / sharpness).toBeCloseTo(1, 3);
    const red = measureQuality({ data: Uint8Array.from([255, 0, 0]), width: 1, height: 1 });
    expect(red).toEqual({ brightness: 0.2126, contrast: 0, sharpness: 0 });
  });
  it('keeps the ends of each range: black, white, and half of each', () => {
    expect(measureQuality(grey(500, 300, () => 0))).toEqual({ brightness: 0, contrast: 0, sharpness: 0 });
    expect(measureQuality(grey(500, 300, () => 255))).toEqual({ brightness: 1, contrast: 0, sharpness: 0 });
    expect(measureQuality(grey(512, 256, (x) => (x < 256 ? 0 : 255)))).toMatchObject({
      brightness: 0.5,
      contrast: 0.5,
    });
  });
  it('says the same of one picture at several sizes, whatever multiple of 128 they are', () => {
    const wave = (side: number) =>
      grey(side, Math.round(side * 0.75), (x, y) => 128 + 90 * Math.sin((x / side) * 40) * Math.cos((y / side) * 30));
    const reference = measureQuality(wave(1280));
    for (const side of [256, 300, 500, 997, 2000]) {
      const quality = measureQuality(wave(side));
      expect(Math.abs(quality.brightness - reference.brightness)).toBeLessThan(0.005);
      expect(Math.abs(quality.contrast - reference.contrast)).toBeLessThan(0.005);
      expect(quality.sharpness / reference.sharpness).toBeGreaterThan(0.85);
      expect(quality.sharpness / reference.sharpness).toBeLessThan(1.15);
    }
  });
  it('tells a blurred picture from a sharp one', () => {
    const noise = (x: number, y: number): number =>
      Math.imul((x * 73_856_093) ^ (y * 19_349_663), 2_654_435_761) >>> 24;
    const sharp = grey(128, 128, noise);
    const blurred = grey(128, 128, (x, y) => {
      let sum = 0;
      for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) sum += noise(x + dx, y + dy);
      return sum / 9;
    });
    expect(measureQuality(sharp).sharpness).toBeGreaterThan(20 * measureQuality(blurred).sharpness);
  });
  it('measures pictures of any frame, the narrow included', () => {
    for (const [width, height] of [
      [1, 1],
      [8, 5000],
      [5000, 8],
      [129, 129],
      [255, 3],
    ] as const) {
      const quality = measureQuality(grey(width, height, (x, y) => (x + y) % 256));
      expect(Object.values(quality).every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    }
  });
});

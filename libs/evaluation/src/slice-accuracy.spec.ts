import { describe, expect, it } from '@jest/globals';
import type { ManifestImage, Prediction } from '@graft/contracts';
import { sliceAccuracy, worseSlices } from './slice-accuracy.js';

const labels = ['ant', 'bee'];
const digest = (index: number): string => index.toString(16).padStart(64, '0');
const image = (index: number, width: number, height: number, brightness?: number) => ({
  ...{ sha256: digest(index), width, height },
  ...(brightness === undefined ? {} : { quality: { brightness, contrast: 0.1, sharpness: 1 } }),
});
const predict = (index: number, right: boolean): Prediction => ({
  ...{ sha256: digest(index), label: 'ant', source: 's' },
  probabilities: right ? [0.9, 0.1] : [0.1, 0.9],
});
const slicesOf = (
  images: readonly Pick<ManifestImage, 'sha256' | 'width' | 'height' | 'quality'>[],
  right: boolean[],
) => sliceAccuracy({ images, labels, predictions: right.map((one, index) => predict(index, one)) });

describe('sliceAccuracy', () => {
  it('counts by the shorter side and by brightness, in a fixed order, without empty slices', () => {
    const images = [image(0, 2000, 100, 0.1), image(1, 128, 4000, 0.25), image(2, 1024, 1024, 0.8), image(3, 127, 128)];
    const slices = slicesOf(images, [true, false, true, false]);
    expect(slices.map(({ by, name, accuracy }) => [by, name, accuracy.value, accuracy.n])).toEqual([
      ['size', 'below 128 px', 0.5, 2],
      ['size', '128 to 255 px', 0, 1],
      ['size', '1024 px and more', 1, 1],
      ['brightness', 'dark', 1, 1],
      ['brightness', 'medium', 0, 1],
      ['brightness', 'bright', 1, 1],
    ]);
  });

  it('names slices that are worse than all beyond chance', () => {
    const images = Array.from({ length: 200 }, (_, index) => image(index, index < 40 ? 100 : 300, 600));
    const right = images.map((_, index) => (index < 40 ? index % 2 === 0 : true));
    const slices = slicesOf(images, right);
    expect(worseSlices(slices, { value: 0.9 }).map(({ name }) => name)).toEqual(['below 128 px']);
    expect(worseSlices(slicesOf(images.slice(0, 2), [false, true]), { value: 0.5 })).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Preprocessing } from '@graft/contracts';
import { NO_CHANGE, recolourInto, type ColourChange } from './colour.js';
import { normalizeInto } from './normalize.js';

const LEVELS: Preprocessing = {
  schemaVersion: 'preprocessing.v1',
  inputSize: 1,
  cropShare: 1,
  interpolation: 'bilinear',
  mean: [0, 0, 0],
  std: [1, 1, 1],
};
const PIXELS = Uint8Array.from([200, 100, 0, 0, 60, 90, 255, 255, 255]);

const recolour = (change: Partial<ColourChange>, preprocessing = LEVELS): number[] => {
  const target = new Float32Array(PIXELS.length);
  recolourInto(PIXELS, { ...NO_CHANGE, ...change }, preprocessing, { target, offset: 0 });
  return [...target];
};

const grey = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue;
const clip = (level: number): number => Math.min(255, Math.max(0, level));
const expectClose = (actual: number[], expected: number[]): void =>
  expected.forEach((value, index) => expect(actual[index]).toBeCloseTo(value, 3));

describe('other light', () => {
  it('leaves an image that nothing changes as the evaluated view has it', () => {
    const preprocessing = { ...LEVELS, mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] } as Preprocessing;
    const target = new Float32Array(PIXELS.length);
    normalizeInto(PIXELS, preprocessing, { layout: 'nhwc', target, offset: 0 });
    expectClose(recolour({}, preprocessing), [...target]);
  });

  it('is brighter by a factor, and clipped', () => {
    expectClose(recolour({ brightness: 1.5 }), [255, 150, 0, 0, 90, 135, 255, 255, 255]);
  });

  it('has more contrast around the mean grey', () => {
    const mean = (grey(200, 100, 0) + grey(0, 60, 90) + 255) / 3;
    expectClose(
      recolour({ contrast: 0.5 }),
      [...PIXELS].map((level) => 0.5 * level + 0.5 * mean),
    );
  });

  it('is greyer by a share, pixel by pixel', () => {
    const first = grey(200, 100, 0);
    expectClose(recolour({ saturation: 0.25 }).slice(0, 3), [
      0.25 * 200 + 0.75 * first,
      0.25 * 100 + 0.75 * first,
      0.75 * first,
    ]);
  });

  it('changes brightness, then contrast, then saturation', () => {
    const [brightness, contrast, saturation] = [0.8, 1.2, 1.1];
    const bright = [...PIXELS].map((level) => level * brightness);
    const mean = (grey(160, 80, 0) + grey(0, 48, 72) + 204) / 3;
    const contrasted = bright.map((level) => contrast * level + (1 - contrast) * mean);
    const expected = contrasted.map((level, at) => {
      const [red = 0, green = 0, blue = 0] = contrasted.slice(at - (at % 3));
      return clip(saturation * level + (1 - saturation) * grey(red, green, blue));
    });
    expectClose(recolour({ brightness, contrast, saturation }), expected);
  });
});

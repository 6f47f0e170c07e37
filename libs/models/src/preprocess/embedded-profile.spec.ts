import { describe, expect, it } from '@jest/globals';
import type { Preprocessing } from '@graft/contracts';
import sharp from 'sharp';
import { embeddedRgbProfile, isPlainSrgb, withProfile } from './embedded-profile.js';
import { preprocessImage } from './preprocess-image.js';

const PREPROCESSING: Preprocessing = {
  schemaVersion: 'preprocessing.v1',
  inputSize: 64,
  cropShare: 0.875,
  interpolation: 'bicubic',
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

const photo = (): Promise<Buffer> => {
  const pixels = Uint8Array.from({ length: 90 * 70 * 3 }, (_, at) => (at * 37 + ((at * at) >> 5)) & 255);
  return sharp(pixels, { raw: { width: 90, height: 70, channels: 3 } })
    .blur(1.5)
    .jpeg({ quality: 95 })
    .toBuffer();
};

/** A profile that sharp has, taken out of a file that it wrote. */
const profileOf = async (name: 'srgb' | 'p3'): Promise<Uint8Array> => {
  const tagged = await sharp(await photo())
    .withIccProfile(name)
    .jpeg()
    .toBuffer();
  const profile = embeddedRgbProfile(tagged);
  if (profile === null) throw new Error(`no profile ${name}`);
  return profile;
};

/** What sharp alone makes of a file, its profile applied. */
const converted = async (jpeg: Uint8Array): Promise<number[]> => {
  const pixels = await sharp(jpeg)
    .resize(94, 74, { fit: 'fill', kernel: 'cubic' })
    .extract({ left: 15, top: 5, width: 64, height: 64 })
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  return [0, 1, 2].flatMap((channel) => [...pixels].filter((_, at) => at % 3 === channel));
};

describe('an embedded colour profile', () => {
  it('is found in a JPEG file, and put into one', async () => {
    const plain = await photo();
    expect(embeddedRgbProfile(plain)).toBeNull();
    const profile = await profileOf('p3');
    expect(Buffer.from(embeddedRgbProfile(withProfile(plain, profile)) ?? []).equals(profile)).toBe(true);
    expect((await sharp(withProfile(plain, profile)).metadata()).icc?.equals(profile)).toBe(true);
  });

  it('is applied where it changes colours', async () => {
    const profile = await profileOf('p3');
    expect(await isPlainSrgb(profile)).toBe(false);
    const tagged = withProfile(await photo(), profile);
    const tensor = [...(await preprocessImage(tagged, PREPROCESSING))];
    expect(tensor).toEqual(await converted(tagged));
    expect(tensor).not.toEqual([...(await preprocessImage(await photo(), PREPROCESSING))]);
  });

  it('gives the same pixels with and without the short cut, but for rounding', async () => {
    for (const name of ['srgb', 'p3'] as const) {
      const tagged = withProfile(await photo(), await profileOf(name));
      const expected = await converted(tagged);
      const tensor = await preprocessImage(tagged, PREPROCESSING);
      const differences = expected.map((level, at) => Math.abs(level - (tensor[at] ?? NaN)));
      expect(Math.max(...differences)).toBeLessThanOrEqual(1);
    }
  });

  it('is left to the decoder when it is not one', async () => {
    const nonsense = Buffer.alloc(200, 7);
    nonsense.write('RGB ', 16, 'latin1');
    const tagged = withProfile(await photo(), nonsense);
    await expect(isPlainSrgb(nonsense)).resolves.toEqual(expect.any(Boolean));
    expect([...(await preprocessImage(tagged, PREPROCESSING))]).toEqual(await converted(tagged));
  });

  it('is not looked for beyond what a file holds', () => {
    for (const bytes of [[], [0xff, 0xd8], [0xff, 0xd8, 0xff, 0xe2, 0xff, 0xff, 1], [0xff, 0xd8, 0xff, 0xe2, 0, 0]]) {
      expect(embeddedRgbProfile(Uint8Array.from(bytes))).toBeNull();
    }
  });
});

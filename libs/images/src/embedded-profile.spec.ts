import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { embeddedRgbProfile, isPlainSrgb, withProfile } from './embedded-profile.js';
import { openImage, toRgb } from './open-image.js';

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
const converted = async (jpeg: Uint8Array): Promise<number[]> => [
  ...(await sharp(jpeg).toColourspace('srgb').raw().toBuffer()),
];

const opened = async (jpeg: Uint8Array): Promise<number[]> => {
  const image = await openImage(jpeg, { maxPixels: 1e6, timeoutSeconds: 60 });
  return [...(await toRgb(image)).data];
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
    const pixels = await opened(tagged);
    expect(pixels).toEqual(await converted(tagged));
    expect(pixels).not.toEqual(await opened(await photo()));
  });

  it('gives the same pixels with and without the short cut, but for rounding', async () => {
    for (const name of ['srgb', 'p3'] as const) {
      const tagged = withProfile(await photo(), await profileOf(name));
      const expected = await converted(tagged);
      const pixels = await opened(tagged);
      const differences = expected.map((level, at) => Math.abs(level - (pixels[at] ?? NaN)));
      expect(Math.max(...differences)).toBeLessThanOrEqual(1);
    }
  });

  it('is left to the decoder when it is not one', async () => {
    const nonsense = Buffer.alloc(200, 7);
    nonsense.write('RGB ', 16, 'latin1');
    const tagged = withProfile(await photo(), nonsense);
    await expect(isPlainSrgb(nonsense)).resolves.toEqual(expect.any(Boolean));
    expect(await opened(tagged)).toEqual(await converted(tagged));
  });

  it('is not looked for beyond what a file holds', () => {
    for (const bytes of [[], [0xff, 0xd8], [0xff, 0xd8, 0xff, 0xe2, 0xff, 0xff, 1], [0xff, 0xd8, 0xff, 0xe2, 0, 0]]) {
      expect(embeddedRgbProfile(Uint8Array.from(bytes))).toBeNull();
    }
  });
});

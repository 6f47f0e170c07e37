import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { AppError, manifestImageSchema } from '@graft/contracts';
import sharp from 'sharp';
import { inspectImage } from './inspect-image.js';
import { hammingDistance } from './perceptual-hash.js';
import { pngChunk, pngHeader, pngOf } from '../testing/png-parts.js';

/** A picture with structure: a bright disc on a slanted gradient. */
const picture = (width: number, height: number, channels: 3 | 4 = 3): ReturnType<typeof sharp> => {
  const pixels = Buffer.alloc(width * height * channels, 255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = (x / width - 0.35) ** 2 + (y / height - 0.6) ** 2 < 0.06;
      const at = (y * width + x) * channels;
      pixels[at] = inside ? 240 : (200 * x) / width;
      pixels[at + 1] = inside ? 220 : 60 + (100 * y) / height;
      pixels[at + 2] = inside ? 40 : 255 - (150 * (x + y)) / (width + height);
    }
  }
  return sharp(pixels, { raw: { width, height, channels } });
};

const reasonOf = async (bytes: Uint8Array, limits = {}): Promise<unknown> => {
  try {
    await inspectImage(bytes, { limits });
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'image_unfit') return thrown.details['reason'];
    throw thrown;
  }
  return 'fit';
};

/** A PNG that claims these dimensions and holds next to nothing. */
const claimingPng = (width: number, height: number): Buffer =>
  pngOf(pngHeader({ width, height, depth: 8, colour: 2 }), pngChunk('IDAT', deflateSync(Buffer.alloc(1000))));

describe('inspectImage', () => {
  it.each(['jpeg', 'png', 'webp'] as const)('describes a %s', async (format) => {
    const bytes = await picture(120, 80).toFormat(format).toBuffer();
    const facts = await inspectImage(bytes);
    expect(facts).toMatchObject({ width: 120, height: 80, sizeBytes: bytes.length });
    expect(facts.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    const { perceptualHash, meanColour, pixelSha256 } = manifestImageSchema.shape;
    expect([perceptualHash.parse(facts.perceptualHash), meanColour.parse(facts.meanColour)]).toHaveLength(2);
    expect(pixelSha256.parse(facts.pixelSha256)).toBe(facts.pixelSha256);
  });
  it('takes the digest of width, height and RGB pixels, whatever the container', async () => {
    const png = await picture(40, 30).png().toBuffer();
    const webp = await picture(40, 30).webp({ lossless: true }).toBuffer();
    const pixels = await picture(40, 30).raw().toBuffer();
    const size = Buffer.from([0, 0, 0, 40, 0, 0, 0, 30]);
    const expected = createHash('sha256').update(size).update(pixels).digest('hex');
    expect((await inspectImage(png)).pixelSha256).toBe(expected);
    expect((await inspectImage(webp)).pixelSha256).toBe(expected);
  });
  it('turns a photo the way its EXIF orientation says', async () => {
    const upright = await inspectImage(await picture(60, 40).rotate(90).png().toBuffer());
    const tagged = await inspectImage(await picture(60, 40).withMetadata({ orientation: 6 }).png().toBuffer());
    expect(tagged).toMatchObject({ width: 40, height: 60, pixelSha256: upright.pixelSha256 });
  });
  it('lays transparency on white', async () => {
    const clear = await sharp({ create: { width: 16, height: 16, channels: 4, background: '#ff000000' } })
      .png()
      .toBuffer();
    const white = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    expect((await inspectImage(clear)).pixelSha256).toBe((await inspectImage(white)).pixelSha256);
  });
  it('brings grey, 16-bit, palette and CMYK pictures to sRGB of 8 bits', async () => {
    const grey = await picture(32, 32).greyscale().png().toBuffer();
    const deep = await picture(32, 32).toColourspace('rgb16').png({ palette: false }).toBuffer();
    const palette = await picture(32, 32).png({ palette: true }).toBuffer();
    const cmyk = await picture(32, 32).toColourspace('cmyk').jpeg().toBuffer();
    for (const bytes of [grey, palette, cmyk])
      expect(await inspectImage(bytes)).toMatchObject({ width: 32, height: 32 });
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    expect((await inspectImage(deep)).pixelSha256).toBe(
      (await inspectImage(await picture(32, 32).png().toBuffer())).pixelSha256,
    );
  });
  it('hashes scaled and recompressed copies alike, and other pictures apart', async () => {
    const original = await inspectImage(await picture(400, 300).png().toBuffer());
    const copy = await inspectImage(await picture(400, 300).resize(200, 150).jpeg({ quality: 60 }).toBuffer());
    const other = await inspectImage(await picture(400, 300).flop().png().toBuffer());
    expect(hammingDistance(original.perceptualHash, copy.perceptualHash)).toBeLessThanOrEqual(3);
    expect(hammingDistance(original.perceptualHash, other.perceptualHash)).toBeGreaterThan(10);
  });

  it('names what is wrong', async () => {
    const jpeg = await picture(200, 200).jpeg().toBuffer();
    const png = await picture(200, 200).png().toBuffer();
    expect(await reasonOf(new Uint8Array())).toBe('empty_file');
    expect(await reasonOf(Buffer.from('just a text that someone named photo.jpg\n'))).toBe('not_an_image');
    expect(await reasonOf(await picture(20, 20).gif().toBuffer())).toBe('unsupported_format');
    expect(await reasonOf(await picture(20, 20).tiff().toBuffer())).toBe('unsupported_format');
    expect(await reasonOf(await picture(20, 20).avif().toBuffer())).toBe('unsupported_format');
    expect(
      await reasonOf(Buffer.from('<?xml version="1.0"?>\n<!-- a --><svg xmlns="http://www.w3.org/2000/svg"/>')),
    ).toBe('unsupported_format');
    expect(await reasonOf(jpeg.subarray(0, jpeg.length / 2))).toBe('broken_image');
    expect(await reasonOf(jpeg.subarray(0, 12))).toBe('broken_image');
    expect(await reasonOf(png.subarray(0, png.length / 2))).toBe('broken_image');
    expect(await reasonOf(jpeg, { maxBytes: 100 })).toBe('too_many_bytes');
    expect(await reasonOf(await picture(200, 7).png().toBuffer())).toBe('too_small');
    expect(await reasonOf(await picture(8, 8).png().toBuffer())).toBe('fit');
    const damaged = Buffer.from(png);
    damaged.fill(0x55, png.length / 2, png.length / 2 + 60);
    expect(await reasonOf(damaged)).toBe('broken_image');
  });
  it('refuses a 30,000 × 30,000 PNG by its header, before anything is decoded', async () => {
    const started = performance.now();
    expect(await reasonOf(claimingPng(30_000, 30_000))).toBe('too_many_pixels');
    expect(await reasonOf(claimingPng(2 ** 31 - 1, 2 ** 31 - 1))).toMatch(/too_many_pixels|broken_image/);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

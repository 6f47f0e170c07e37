import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { makeThumbnail } from './thumbnail.js';

const photo = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: '#c03020', noise: { type: 'gaussian', mean: 128, sigma: 30 } },
  });
const sizeOf = async (thumbnail: Buffer | null) => {
  const { format, width, height, exif } = await sharp(thumbnail ?? Buffer.alloc(0)).metadata();
  return { format, width, height, exif };
};

describe('makeThumbnail', () => {
  it('makes a WebP of at most 128 pixels, turned upright and without metadata', async () => {
    const turned = await photo(600, 400).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await sizeOf(await makeThumbnail(turned))).toEqual({ format: 'webp', width: 85, height: 128 });
  });
  it('enlarges nothing, and shows what is too small to learn from', async () => {
    const tiny = await photo(5, 3).png().toBuffer();
    expect(await sizeOf(await makeThumbnail(tiny))).toMatchObject({ width: 5, height: 3 });
  });
  it('shows what there is of a file that was cut short', async () => {
    const jpeg = await photo(300, 300).jpeg().toBuffer();
    expect(await sizeOf(await makeThumbnail(jpeg.subarray(0, jpeg.length / 2)))).toMatchObject({ width: 128 });
  });
  it('decodes nothing beyond the limits, and no other format', async () => {
    const png = await photo(64, 64).png().toBuffer();
    expect(await makeThumbnail(png, { maxPixels: 64 * 63 })).toBeNull();
    expect(await makeThumbnail(png, { maxBytes: 10 })).toBeNull();
    expect(await makeThumbnail(await photo(64, 64).gif().toBuffer())).toBeNull();
    expect(await makeThumbnail(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toBeNull();
    expect(await makeThumbnail(new Uint8Array())).toBeNull();
    expect(await makeThumbnail(png.subarray(0, 20))).toBeNull();
  });
});

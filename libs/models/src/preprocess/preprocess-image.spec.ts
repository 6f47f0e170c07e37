import { describe, expect, it } from '@jest/globals';
import type { Preprocessing } from '@graft/contracts';
import sharp, { type Sharp } from 'sharp';
import { inputLength, preprocessImage, preprocessInto } from './preprocess-image.js';

const SIZE = 32;
const PREPROCESSING: Preprocessing = {
  schemaVersion: 'preprocessing.v1',
  inputSize: SIZE,
  cropShare: 0.5,
  interpolation: 'bicubic',
  mean: [127, 0, 10],
  std: [128, 1, 2],
};
/** Levels as they come out of the decoder. */
const PLAIN: Preprocessing = { ...PREPROCESSING, cropShare: 1, mean: [0, 0, 0], std: [1, 1, 1] };

type Pixel = readonly number[];

const image = (width: number, height: number, pixelAt: (x: number, y: number) => Pixel): Sharp => {
  const pixels = Array.from({ length: width * height }, (_, at) => pixelAt(at % width, Math.floor(at / width)));
  const channels = (pixels[0]?.length ?? 3) as 1 | 2 | 3 | 4;
  return sharp(Uint8Array.from(pixels.flat()), { raw: { width, height, channels } });
};

/** RGB at a position. */
const pixelOf = (tensor: Float32Array, x: number, y: number): number[] =>
  [0, 1, 2].map((channel) => tensor[channel * SIZE * SIZE + y * SIZE + x] ?? NaN);

const RED: Pixel = [255, 0, 0];
const BLUE: Pixel = [0, 0, 255];

describe('preprocessing', () => {
  it('normalizes each channel, planes after one another', async () => {
    const png = await image(40, 40, () => [255, 7, 20])
      .png()
      .toBuffer();
    const tensor = await preprocessImage(png, PREPROCESSING);
    expect(tensor.length).toBe(inputLength(PREPROCESSING));
    expect(pixelOf(tensor, 0, 0)).toEqual([1, 7, 5]);
    expect(pixelOf(tensor, SIZE - 1, SIZE - 1)).toEqual([1, 7, 5]);
  });

  it('keeps the centre square of cropShare of the shorter side', async () => {
    // Red inside the middle half of the shorter side, blue around it.
    const inside = (x: number, y: number): boolean => x >= 48 && x < 80 && y >= 16 && y < 48;
    const png = await image(128, 64, (x, y) => (inside(x, y) ? RED : BLUE))
      .png()
      .toBuffer();
    const tensor = await preprocessImage(png, { ...PLAIN, cropShare: 0.5 });
    expect(pixelOf(tensor, 0, 0)).toEqual(RED);
    expect(pixelOf(tensor, SIZE - 1, SIZE - 1)).toEqual(RED);
    const wider = await preprocessImage(png, { ...PLAIN, cropShare: 0.6 });
    expect(pixelOf(wider, 0, 0)).toEqual(BLUE);
  });

  it('interpolates by a cubic: a ramp stays a ramp, up and down', async () => {
    for (const side of [16, 128]) {
      const png = await image(side, side, (x) => [(x * 255) / (side - 1), 0, 0])
        .png()
        .toBuffer();
      const tensor = await preprocessImage(png, PLAIN);
      for (let x = 4; x < SIZE - 4; x += 1) {
        const expected = ((((x + 0.5) * side) / SIZE - 0.5) * 255) / (side - 1);
        // libvips enlarges from the corner, up to half a source pixel off; it reduces from the centre.
        const tolerance = side < SIZE ? 0.5 * (255 / (side - 1)) : 1.5;
        expect(Math.abs((pixelOf(tensor, x, 9)[0] ?? NaN) - expected)).toBeLessThan(tolerance);
      }
    }
  });

  it('applies the EXIF orientation', async () => {
    // Stored with red on the left; orientation 6 turns it clockwise, so that red is on top.
    const upright = image(64, 64, (x) => (x < 32 ? RED : BLUE));
    const jpeg = await upright
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const tensor = await preprocessImage(jpeg, PLAIN);
    const [top, bottom] = [pixelOf(tensor, 20, 2), pixelOf(tensor, 12, SIZE - 3)];
    expect(top[0]).toBeGreaterThan(250);
    expect(bottom[2]).toBeGreaterThan(250);
  });

  it('puts alpha on white', async () => {
    const png = await image(32, 32, (x) => [0, 0, 0, x < 16 ? 0 : 128])
      .png()
      .toBuffer();
    const tensor = await preprocessImage(png, PLAIN);
    expect(pixelOf(tensor, 2, 2)).toEqual([255, 255, 255]);
    expect(Math.abs((pixelOf(tensor, 29, 2)[0] ?? NaN) - 127)).toBeLessThanOrEqual(1);
  });

  it('takes greyscale, with and without alpha, palettes, 16 bits and CMYK', async () => {
    const grey = image(32, 32, () => [80]).toColourspace('b-w');
    expect(pixelOf(await preprocessImage(await grey.png().toBuffer(), PLAIN), 3, 3)).toEqual([80, 80, 80]);
    expect(pixelOf(await preprocessImage(await grey.jpeg().toBuffer(), PLAIN), 3, 3)).toEqual([80, 80, 80]);
    const greyAlpha = image(32, 32, () => [80, 0])
      .toColourspace('b-w')
      .png();
    expect(pixelOf(await preprocessImage(await greyAlpha.toBuffer(), PLAIN), 3, 3)).toEqual([255, 255, 255]);
    const palette = image(32, 32, () => RED).png({ palette: true });
    expect(pixelOf(await preprocessImage(await palette.toBuffer(), PLAIN), 3, 3)).toEqual(RED);
    const deep = image(32, 32, () => [200, 100, 50])
      .toColourspace('rgb16')
      .png();
    expect(pixelOf(await preprocessImage(await deep.toBuffer(), PLAIN), 3, 3)).toEqual([200, 100, 50]);
    const cmyk = await image(32, 32, () => [200, 100, 50])
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const back = pixelOf(await preprocessImage(cmyk, PLAIN), 3, 3);
    // Ink can't print this blue: libvips' own profile gives 21 for 50.
    back.forEach((level, channel) => expect(Math.abs(level - ([200, 100, 50][channel] ?? 0))).toBeLessThan(32));
    const webp = image(32, 32, () => RED).webp({ lossless: true });
    expect(pixelOf(await preprocessImage(await webp.toBuffer(), PLAIN), 3, 3)).toEqual(RED);
  });

  it('takes an image that is much longer than wide, and one smaller than the input', async () => {
    for (const [width, height] of [
      [500, 1],
      [1, 500],
      [3, 2],
    ] as const) {
      const png = await image(width, height, () => RED)
        .png()
        .toBuffer();
      expect(pixelOf(await preprocessImage(png, PREPROCESSING), 16, 16)[0]).toBe(1);
    }
  });

  it('gives the same bits however images are batched', async () => {
    const jpegs = await Promise.all(
      [100, 161, 230].map((side) =>
        image(side, 90, (x, y) => [x, y, x ^ y].map((v) => v & 255))
          .jpeg()
          .toBuffer(),
      ),
    );
    const length = inputLength(PREPROCESSING);
    const together = new Float32Array(3 * length);
    await Promise.all(jpegs.map((bytes, at) => preprocessInto(bytes, PREPROCESSING, together, at * length)));
    for (const [at, bytes] of jpegs.entries())
      expect(await preprocessImage(bytes, PREPROCESSING)).toEqual(together.slice(at * length, (at + 1) * length));
  });

  it('refuses what is no image it takes, with the reason', async () => {
    const jpeg = await image(200, 200, (x, y) => [x, y, (x * y) & 255])
      .jpeg()
      .toBuffer();
    const cases: [string, Uint8Array][] = [
      ['empty_file', new Uint8Array()],
      ['unsupported_format', new TextEncoder().encode('a text that is named .jpg')],
      [
        'unsupported_format',
        await image(8, 8, () => RED)
          .gif()
          .toBuffer(),
      ],
      [
        'unsupported_format',
        new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      ],
      ['broken_image', jpeg.subarray(0, jpeg.length / 2)],
      ['broken_image', Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])],
    ];
    for (const [reason, bytes] of cases)
      await expect(preprocessImage(bytes, PREPROCESSING)).rejects.toMatchObject({
        code: 'image_unfit',
        details: { reason },
      });
  });

  it('refuses a huge image before it is decoded', async () => {
    const bomb = await sharp({ create: { width: 10_100, height: 10_000, channels: 3, background: '#fff' } })
      .png({ compressionLevel: 1 })
      .toBuffer();
    await expect(preprocessImage(bomb, PREPROCESSING)).rejects.toMatchObject({
      details: { reason: 'too_many_pixels' },
    });
  });
});

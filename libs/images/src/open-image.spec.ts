import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { isPlainJpegHeader } from './jpeg-header.js';
import { openImage, toRgb, type OpenLimits } from './open-image.js';

const WIDTH = 256;
const HEIGHT = 192;

/** A picture with something everywhere, so that its data is not all the same. */
const photo = ({ progressive = false } = {}): Promise<Buffer> => {
  const pixels = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, at) => (at * 37 + ((at * at) >> 5)) & 255);
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .blur(1.5)
    .jpeg({ quality: 90, progressive })
    .toBuffer();
};

const open = async (bytes: Uint8Array, damage?: OpenLimits['damage']): Promise<Buffer | 'refused'> => {
  try {
    const limits = { maxPixels: 1e6, timeoutSeconds: 60, ...(damage === undefined ? {} : { damage }) };
    return Buffer.from((await toRgb(await openImage(bytes, limits))).data);
  } catch {
    return 'refused';
  }
};

/** Bytes at a place of the file overwritten by others that look like nothing. */
const overwritten = (bytes: Buffer, at: number, length: number): Buffer => {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < length; i++) copy[Math.floor(bytes.length * at) + i] = (i * 7919 + ((i * i * 31) >> 3)) & 255;
  return copy;
};

const segment = (marker: number, body: Buffer): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
};

/** The same file with something behind its first marker. */
const withHead = (jpeg: Buffer, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]);

const adobe = (transform: number): Buffer =>
  segment(0xee, Buffer.concat([Buffer.from('Adobe'), Buffer.from([0, 100, 0, 0, 0, 0, transform])]));

const jfif = (major: number): Buffer =>
  segment(0xe0, Buffer.concat([Buffer.from('JFIF\0'), Buffer.from([major, 2, 0, 0, 1, 0, 1, 0, 0])]));

describe('a damaged JPEG', () => {
  it.each([{ progressive: false }, { progressive: true }])('is refused or decoded, as is asked: %p', async (form) => {
    const jpeg = await photo(form);
    for (const damaged of [
      overwritten(jpeg, 0.5, 600),
      Buffer.concat([jpeg.subarray(0, jpeg.length * 0.4), jpeg.subarray(jpeg.length * 0.6)]),
    ]) {
      expect(await open(damaged, 'refused')).toBe('refused');
      if (!form.progressive) {
        expect(await open(damaged, 'decoded')).toHaveLength(WIDTH * HEIGHT * 3);
        expect(await open(damaged)).toEqual(await open(damaged, 'decoded'));
      }
    }
    expect(await open(jpeg.subarray(0, jpeg.length * 0.6), 'decoded')).toBe('refused');
  });
});

describe('a sound JPEG', () => {
  it('is taken whatever is odd about its header', async () => {
    const jpeg = await photo();
    const expected = await open(jpeg, 'decoded');
    const odd = {
      'bytes between segments': withHead(jpeg, Buffer.from([1, 2, 3])),
      'JFIF 3.02': withHead(jpeg, jfif(3)),
      'a colour transform that is none': withHead(jpeg, adobe(7)),
    };
    for (const [name, bytes] of Object.entries(odd)) {
      expect([name, isPlainJpegHeader(bytes)]).toEqual([name, false]);
      expect(await open(bytes, 'refused')).toEqual(expected);
      // Refused by the decoder's warnings alone: what this is for.
      await expect(sharp(bytes, { failOn: 'warning' }).raw().toBuffer()).rejects.toThrow();
    }
  });
  it('is taken with odd metadata, fill bytes and whatever is appended', async () => {
    const jpeg = await photo();
    const expected = await open(jpeg, 'decoded');
    const plain = {
      'EXIF that is none': withHead(
        jpeg,
        segment(0xe1, Buffer.from('Exif\0\0II*\0\xff\xff\xff\xffnonsense', 'latin1')),
      ),
      'a colour profile that is none': withHead(
        jpeg,
        segment(0xe2, Buffer.from('ICC_PROFILE\0\x01\x01nonsense', 'latin1')),
      ),
      'a comment in no encoding': withHead(jpeg, segment(0xfe, Buffer.from([0xff, 0, 0xfe, 0xc3]))),
      'fill bytes': withHead(jpeg, Buffer.from([0xff, 0xff])),
      'Adobe and its transform': withHead(jpeg, adobe(1)),
      JFIF: withHead(jpeg, jfif(1)),
      'text appended': Buffer.concat([jpeg, Buffer.from('more')]),
      'zeros before its end': Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(9), jpeg.subarray(-2)]),
    };
    for (const [name, bytes] of Object.entries(plain)) {
      expect([name, isPlainJpegHeader(bytes)]).toEqual([name, true]);
      expect([name, await open(bytes, 'refused')]).toEqual([name, expected]);
    }
  });
  it('has a plain header in every form that is written', async () => {
    for (const options of [{}, { progressive: true }, { mozjpeg: true }, { chromaSubsampling: '4:4:4' }]) {
      const bytes = await sharp(await photo())
        .jpeg(options)
        .toBuffer();
      expect(isPlainJpegHeader(bytes)).toBe(true);
      expect(await open(bytes, 'refused')).toHaveLength(WIDTH * HEIGHT * 3);
    }
    const cmyk = await sharp(await photo())
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer();
    expect(isPlainJpegHeader(cmyk)).toBe(true);
    expect(await open(cmyk, 'refused')).toHaveLength(WIDTH * HEIGHT * 3);
    expect(isPlainJpegHeader(cmyk.subarray(0, 40))).toBe(false);
  });
});

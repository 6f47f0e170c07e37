/**
 * Image files as nobody would wish for them, each with what must come of it: for tests of whatever takes a stranger's files.
 * Small unless asked for: what is dangerous about them is what they claim, or unpack to.
 */
import { deflateSync } from 'node:zlib';
import type { QuarantineReason } from '@graft/contracts';
import sharp from 'sharp';
import { pngChunk, pngHeader, pngOf, withChunk } from './png-parts.js';

export interface HostileImage {
  readonly name: string;
  readonly bytes: Buffer;
  /** `fit` where it is a picture like any other, whatever else it carries. */
  readonly outcome: QuarantineReason | 'fit';
}

const photo = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: '#708030', noise: { type: 'gaussian', mean: 128, sigma: 50 } },
  });
const plain = (width: number, height: number, channels: 3 | 4 = 3) =>
  sharp({
    create: { width, height, channels, background: { r: 12, g: 120, b: 210, alpha: 0.5 } },
    limitInputPixels: false,
  });

/** A JPEG's frame header (SOF) with other dimensions written into it. */
const claimingJpeg = (jpeg: Buffer, width: number, height: number): Buffer => {
  const copy = Buffer.from(jpeg);
  const frame = copy.indexOf(Buffer.from([0xff, 0xc0]));
  copy.writeUInt16BE(height, frame + 5);
  copy.writeUInt16BE(width, frame + 7);
  return copy;
};

/** A JPEG with application data behind its first marker. */
const withSegments = (jpeg: Buffer, marker: number, payloads: readonly Buffer[]): Buffer =>
  Buffer.concat([
    jpeg.subarray(0, 2),
    ...payloads.flatMap((payload) => {
      const head = Buffer.from([0xff, marker, 0, 0]);
      head.writeUInt16BE(payload.length + 2, 2);
      return [head, payload];
    }),
    jpeg.subarray(2),
  ]);

/** 100 megapixels of one colour at one bit each: 12 KB, and 300 MB once decoded. */
const oneBitPng = (): Buffer => {
  const [width, height] = [10_000, 10_000];
  const row = Buffer.alloc(1 + width / 8);
  return pngOf(
    pngHeader({ width, height, depth: 1, colour: 0 }),
    pngChunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: height }, () => row)), { level: 9 })),
  );
};

/** An animated PNG: what says so comes before the pixels, its second frame after them. */
const animatedPng = async (): Promise<Buffer> => {
  const png = await photo(32, 32).png().toBuffer();
  const frames = Buffer.alloc(8);
  frames.writeUInt32BE(2, 0);
  const control = Buffer.alloc(26);
  control.writeUInt32BE(32, 4);
  control.writeUInt32BE(32, 8);
  return withChunk(withChunk(png, 'acTL', frames), 'fcTL', control);
};

const ZIP = Buffer.concat([Buffer.from('PK\x03\x04\x14\0', 'latin1'), Buffer.alloc(24), Buffer.from('evil.sh')]);
const SVG = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="http://127.0.0.1/x.png"/><text>&x;</text></svg>`;
const UNPACKED = 200_000_000;

const bombs = async (): Promise<HostileImage[]> => {
  const jpeg = await photo(64, 64).jpeg().toBuffer();
  const png = await photo(64, 64).png().toBuffer();
  const zeros = deflateSync(Buffer.alloc(UNPACKED), { level: 9 });
  const gigapixel = pngOf(
    pngHeader({ width: 30_000, height: 30_000, depth: 8, colour: 2 }),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1000))),
  );
  const interlaced = pngOf(
    pngHeader({ width: 9_900, height: 9_900, depth: 16, colour: 6, interlaced: true }),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1000))),
  );
  return [
    { name: 'gigapixel.png', bytes: gigapixel, outcome: 'too_many_pixels' },
    { name: 'gigapixel.jpg', bytes: claimingJpeg(jpeg, 65_500, 65_500), outcome: 'too_many_pixels' },
    {
      name: 'gigapixel.webp',
      bytes: await plain(16_383, 16_383).webp({ lossless: true, effort: 0 }).toBuffer(),
      outcome: 'too_many_pixels',
    },
    { name: 'one-bit.png', bytes: oneBitPng(), outcome: 'fit' },
    { name: 'whole-frame.png', bytes: interlaced, outcome: 'too_many_pixels' },
    {
      name: 'coefficients.jpg',
      bytes: await plain(9_900, 9_900).jpeg({ progressive: true, quality: 1 }).toBuffer(),
      outcome: 'too_many_pixels',
    },
    // Ends where a JPEG may end, with data for a hundredth of it: viewers fill what isn't there with grey.
    { name: 'claims-more.jpg', bytes: claimingJpeg(jpeg, 9_000, 9_000), outcome: 'broken_image' },
    {
      name: 'text-bomb.png',
      bytes: withChunk(png, 'zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), zeros])),
      outcome: 'fit',
    },
    {
      name: 'profile-bomb.png',
      bytes: withChunk(png, 'iCCP', Buffer.concat([Buffer.from('icc\0\0', 'latin1'), zeros])),
      outcome: 'fit',
    },
  ];
};

const oddities = async (): Promise<HostileImage[]> => {
  const jpeg = await photo(64, 48).jpeg().toBuffer();
  const png = await photo(64, 48).png().toBuffer();
  const webp = await photo(64, 48).webp().toBuffer();
  const moving = await sharp(Buffer.concat([Buffer.alloc(3 * 32 * 32, 10), Buffer.alloc(3 * 32 * 32, 200)]), {
    raw: { width: 32, height: 64, channels: 3, pageHeight: 32 },
  })
    .webp({ loop: 0 })
    .toBuffer();
  const profile = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), Buffer.alloc(60_000, 0x41)]);
  return [
    { name: 'nothing.jpg', bytes: Buffer.alloc(0), outcome: 'empty_file' },
    { name: 'notes.png', bytes: Buffer.from('these are notes, not an image\n'.repeat(20)), outcome: 'not_an_image' },
    { name: 'marker-only.jpg', bytes: jpeg.subarray(0, 3), outcome: 'broken_image' },
    { name: 'truncated.jpg', bytes: jpeg.subarray(0, jpeg.length >> 1), outcome: 'broken_image' },
    { name: 'truncated.png', bytes: png.subarray(0, png.length >> 1), outcome: 'broken_image' },
    { name: 'truncated.webp', bytes: webp.subarray(0, webp.length >> 1), outcome: 'broken_image' },
    { name: 'jpeg-and-zip.jpg', bytes: Buffer.concat([jpeg, ZIP]), outcome: 'fit' },
    {
      name: 'gif-and-script.jpg',
      bytes: Buffer.concat([Buffer.from('GIF89a/*', 'latin1'), Buffer.from('*/=1;alert(1)')]),
      outcome: 'unsupported_format',
    },
    { name: 'external.svg', bytes: Buffer.from(SVG), outcome: 'unsupported_format' },
    {
      name: 'text-that-says-riff.webp',
      bytes: Buffer.from('RIFF\0\0\0\0WEBPVP8 nothing of the kind'),
      outcome: 'broken_image',
    },
    { name: 'cmyk.jpg', bytes: await photo(64, 48).toColourspace('cmyk').jpeg().toBuffer(), outcome: 'fit' },
    { name: 'deep.png', bytes: await photo(64, 48).toColourspace('rgb16').png().toBuffer(), outcome: 'fit' },
    { name: 'moving.webp', bytes: moving, outcome: 'fit' },
    { name: 'moving.png', bytes: await animatedPng(), outcome: 'fit' },
    { name: 'no-profile-at-all.jpg', bytes: withSegments(jpeg, 0xe2, [profile]), outcome: 'fit' },
    {
      name: 'much-metadata.jpg',
      bytes: withSegments(
        jpeg,
        0xe1,
        Array.from({ length: 200 }, (_, i) => Buffer.alloc(65_000, i)),
      ),
      outcome: 'fit',
    },
    { name: 'sliver.png', bytes: await plain(8, 50_000).png().toBuffer(), outcome: 'fit' },
    { name: 'too-narrow.png', bytes: await plain(7, 900).png().toBuffer(), outcome: 'too_small' },
  ];
};

/** Every one of them; a second or two to make. Some are fit, and take up to 400 MB to decode. */
export const hostileImages = async (): Promise<HostileImage[]> => [...(await bombs()), ...(await oddities())];

/** Pictures at the limits of bytes and of memory, all fit: 48 MB of noise, and what takes most to decode. */
export const heavyImages = async (): Promise<HostileImage[]> => [
  {
    name: 'heavy.png',
    bytes: await photo(4_000, 4_000).png({ compressionLevel: 0 }).toBuffer(),
    outcome: 'fit',
  },
  {
    name: 'heavy-progressive.jpg',
    bytes: await plain(6_500, 6_500).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
    outcome: 'fit',
  },
  {
    name: 'heavy.webp',
    bytes: await plain(7_000, 7_000, 4).webp({ lossless: true, effort: 0 }).toBuffer(),
    outcome: 'fit',
  },
  {
    name: 'heavy-turned.jpg',
    bytes: await plain(7_850, 7_850).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    outcome: 'fit',
  },
];

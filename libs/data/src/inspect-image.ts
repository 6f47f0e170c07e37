/**
 * Looks at the bytes of one image: limits before decoding, then the digest of bytes and of pixels and a perceptual hash.
 * The pixels are what every other part sees: EXIF orientation applied, sRGB, alpha on white, RGB8.
 */
import { createHash } from 'node:crypto';
import type { Digest } from '@graft/contracts';
import sharp, { type Metadata } from 'sharp';
import { detectFormat } from './image-format.js';
import { imageUnfit } from './image-unfit.js';
import { differenceHash, meanColourOf, THUMBNAIL } from './perceptual-hash.js';

export interface ImageLimits {
  readonly maxBytes: number;
  readonly maxPixels: number;
  /** The shorter side at least, in pixels. */
  readonly minSide: number;
  readonly decodeTimeoutSeconds: number;
}

export const DEFAULT_IMAGE_LIMITS: ImageLimits = {
  maxBytes: 50 * 1024 * 1024,
  maxPixels: 100_000_000,
  minSide: 8,
  decodeTimeoutSeconds: 60,
};

export interface ImageFacts {
  readonly sha256: Digest;
  /** Of width and height (unsigned 32 bits, big-endian) followed by the pixels (RGB8, row by row). */
  readonly pixelSha256: Digest;
  /** 64-bit difference hash, 16 hex digits. */
  readonly perceptualHash: string;
  /** rrggbb */
  readonly meanColour: string;
  /** After orientation. */
  readonly width: number;
  readonly height: number;
  readonly sizeBytes: number;
}

const messageOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? '';

/** Nothing is decoded here: sharp reads no more than the header. */
const readHeader = async (bytes: Uint8Array): Promise<Metadata> => {
  try {
    return await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (thrown) {
    throw imageUnfit('broken_image', `its header can't be read: ${messageOf(thrown)}`, thrown);
  }
};

const checkBeforeDecoding = async (bytes: Uint8Array, limits: ImageLimits): Promise<void> => {
  if (bytes.byteLength === 0) throw imageUnfit('empty_file', 'it has no bytes');
  if (bytes.byteLength > limits.maxBytes) {
    throw imageUnfit('too_many_bytes', `it has ${bytes.byteLength} bytes, at most ${limits.maxBytes} are taken`);
  }
  const format = detectFormat(bytes);
  if (format.kind === 'known')
    throw imageUnfit('unsupported_format', `it is ${format.name}; JPEG, PNG and WebP are taken`);
  if (format.kind === 'unknown') throw imageUnfit('not_an_image', 'its bytes are those of no image format');
  const { width, height } = await readHeader(bytes);
  if (width * height > limits.maxPixels) {
    throw imageUnfit(
      'too_many_pixels',
      `it has ${width} × ${height} pixels, at most ${limits.maxPixels} in all are taken`,
    );
  }
  if (Math.min(width, height) < limits.minSide) {
    throw imageUnfit('too_small', `it has ${width} × ${height} pixels, each side needs at least ${limits.minSide}`);
  }
};

/**
 * Checks and describes one image. Holds its decoded pixels in memory for a moment (3 bytes each, so 300 MB at the limit).
 * An animated WebP counts as its first frame.
 * @throws AppError `image_unfit` with `details.reason`: `empty_file`, `too_many_bytes`, `unsupported_format`,
 * `not_an_image`, `broken_image` (also one that takes too long), `too_many_pixels`, `too_small`.
 */
export const inspectImage = async (bytes: Uint8Array, limits: Partial<ImageLimits> = {}): Promise<ImageFacts> => {
  const bounds = { ...DEFAULT_IMAGE_LIMITS, ...limits };
  await checkBeforeDecoding(bytes, bounds);
  try {
    // `error` refuses what is cut short or damaged; `warning` would refuse sound photos with odd metadata as well.
    const decoded = await sharp(bytes, { failOn: 'error', limitInputPixels: bounds.maxPixels, sequentialRead: true })
      .timeout({ seconds: bounds.decodeTimeoutSeconds })
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = decoded.info;
    if (channels !== 3) throw new Error(`expected 3 channels, got ${channels}`);
    const thumbnail = await sharp(decoded.data, { raw: { width, height, channels }, limitInputPixels: false })
      .resize({ ...THUMBNAIL, fit: 'fill' })
      .raw()
      .toBuffer();
    const size = Buffer.alloc(8);
    size.writeUInt32BE(width, 0);
    size.writeUInt32BE(height, 4);
    return {
      sha256: createHash('sha256').update(bytes).digest('hex'),
      pixelSha256: createHash('sha256').update(size).update(decoded.data).digest('hex'),
      perceptualHash: differenceHash(thumbnail),
      meanColour: meanColourOf(thumbnail),
      width,
      height,
      sizeBytes: bytes.byteLength,
    };
  } catch (thrown) {
    throw imageUnfit('broken_image', `it can't be decoded: ${messageOf(thrown)}`, thrown);
  }
};

/**
 * What is settled before a stranger's image is decoded: its format, its size, and how much memory its decoding takes. A file
 * of a few kilobytes can ask for gigabytes.
 */
import { imageUnfit } from '@graft/contracts';
import sharp, { type Metadata } from 'sharp';
import { createByteBudget, type ByteBudget } from './byte-budget.js';
import { detectFormat } from '@graft/images';

export interface ImageLimits {
  readonly maxBytes: number;
  readonly maxPixels: number;
  /** Memory that decoding may take. Formats that are decoded as a whole reach it long before `maxPixels`. */
  readonly maxDecodingBytes: number;
  /** The shorter side at least, in pixels. */
  readonly minSide: number;
  readonly decodeTimeoutSeconds: number;
}

export const DEFAULT_IMAGE_LIMITS: ImageLimits = {
  maxBytes: 50 * 1024 * 1024,
  maxPixels: 100_000_000,
  maxDecodingBytes: 400 * 1024 * 1024,
  minSide: 8,
  decodeTimeoutSeconds: 60,
};

/** Memory of what is decoded at the same time in this process, whoever asks: memory is the process's. */
export const decodingBudget: ByteBudget = createByteBudget(DEFAULT_IMAGE_LIMITS.maxDecodingBytes);

export interface ImageHeader {
  /** Before orientation. */
  readonly width: number;
  readonly height: number;
  /** Upper estimate of the memory that decoding takes at its peak, pixels as RGB8 included. */
  readonly decodingBytes: number;
}

const messageOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? '';

/** The pixels that we ask for: RGB8. */
const OUTPUT_BYTES = 3;

/**
 * Bytes a pixel that libvips holds beside the output. Measured as the peak of a process that decodes 40 megapixels
 * (sharp 0.35.5, libvips 8.18.7), rounded up: a baseline JPEG or a plain PNG passes by in strips (0.6), a progressive JPEG
 * keeps its coefficients (2 bytes each, 8.5 for CMYK), an interlaced PNG its whole frame, a WebP too (5.2).
 */
const decoderBytes = ({ format, isProgressive = false, channels, depth }: Metadata): number => {
  if (format === 'webp') return 5.5;
  if (!isProgressive) return 0.75;
  return format === 'jpeg' ? 2 * channels + 0.75 : channels * (depth === 'ushort' ? 2 : 1) + 0.75;
};

const decodingBytesOf = (metadata: Metadata): number => {
  // What is turned needs its pixels in another order than they come in.
  const turning = (metadata.orientation ?? 1) > 1 ? OUTPUT_BYTES : 0;
  return Math.ceil(metadata.width * metadata.height * (OUTPUT_BYTES + decoderBytes(metadata) + turning));
};

/** Nothing is decoded here: sharp reads no more than the header. */
const readMetadata = async (bytes: Uint8Array): Promise<Metadata> => {
  try {
    return await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (thrown) {
    throw imageUnfit('broken_image', `its header can't be read: ${messageOf(thrown)}`, thrown);
  }
};

/**
 * @throws AppError `image_unfit` with `details.reason`: `empty_file`, `too_many_bytes`, `unsupported_format`,
 * `not_an_image`, `broken_image` (its header), `too_many_pixels`, `too_small`.
 */
export const readImageHeader = async (bytes: Uint8Array, limits: ImageLimits): Promise<ImageHeader> => {
  if (bytes.byteLength === 0) throw imageUnfit('empty_file', 'it has no bytes');
  if (bytes.byteLength > limits.maxBytes) {
    throw imageUnfit('too_many_bytes', `it has ${bytes.byteLength} bytes, at most ${limits.maxBytes} are taken`);
  }
  const format = detectFormat(bytes);
  if (format.kind === 'known')
    throw imageUnfit('unsupported_format', `it is ${format.name}; JPEG, PNG and WebP are taken`);
  if (format.kind === 'unknown') throw imageUnfit('not_an_image', 'its bytes are those of no image format');
  const metadata = await readMetadata(bytes);
  const { width, height } = metadata;
  if (width * height > limits.maxPixels) {
    throw imageUnfit(
      'too_many_pixels',
      `it has ${width} × ${height} pixels, at most ${limits.maxPixels} in all are taken`,
    );
  }
  const decodingBytes = decodingBytesOf(metadata);
  if (decodingBytes > limits.maxDecodingBytes) {
    throw imageUnfit(
      'too_many_pixels',
      `its ${width} × ${height} pixels take ${decodingBytes} bytes to decode in this form of ${metadata.format}, at most ${limits.maxDecodingBytes} are given`,
    );
  }
  if (Math.min(width, height) < limits.minSide) {
    throw imageUnfit('too_small', `it has ${width} × ${height} pixels, each side needs at least ${limits.minSide}`);
  }
  return { width, height, decodingBytes };
};

/** `broken_image`, for what a decoder threw. */
export const cannotDecode = (thrown: unknown): Error =>
  imageUnfit('broken_image', `it can't be decoded: ${messageOf(thrown)}`, thrown);

/**
 * Looks at the bytes of one image: limits before decoding, then the digest of bytes and of pixels, a perceptual hash, and
 * what the picture is like. The pixels are what every other part sees.
 */
import { createHash } from 'node:crypto';
import type { Digest, ImageQuality } from '@graft/contracts';
import { openImage, toRgb, type RgbPixels } from '@graft/images';
import { collectGarbage } from './collect-garbage.js';
import { meanColourOf, toColourBlocks } from './colour-blocks.js';
import {
  cannotDecode,
  decodingBudget,
  DEFAULT_IMAGE_LIMITS,
  readImageHeader,
  type ImageLimits,
} from './image-header.js';
import { measureQuality } from './image-quality.js';
import { lumaGrid } from './luma-grid.js';
import { lumaPlane } from './luma-plane.js';
import { differenceHash } from './perceptual-hash.js';

export { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './image-header.js';

/** Memory that is given back at once, rather than when the runtime gets round to it. */
const LARGE_BYTES = 64 * 1024 * 1024;

export interface ImageFacts {
  readonly sha256: Digest;
  /** Of width and height (unsigned 32 bits, big-endian) followed by the pixels (RGB8, row by row). */
  readonly pixelSha256: Digest;
  /** 64-bit difference hash, 16 hex digits. */
  readonly perceptualHash: string;
  /** Mean luma of 8 × 8 areas, 128 hex digits. */
  readonly lumaGrid: string;
  /** rrggbb */
  readonly meanColour: string;
  /** After orientation. */
  readonly width: number;
  readonly height: number;
  readonly sizeBytes: number;
  readonly quality: ImageQuality;
}

const describe = (pixels: RgbPixels): Omit<ImageFacts, 'sha256' | 'sizeBytes'> => {
  const { data, width, height } = pixels;
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  const blocks = toColourBlocks(pixels);
  const luma = lumaPlane(blocks);
  return {
    pixelSha256: createHash('sha256').update(size).update(data).digest('hex'),
    perceptualHash: differenceHash(luma),
    lumaGrid: lumaGrid(luma),
    meanColour: meanColourOf(blocks),
    width,
    height,
    quality: measureQuality(luma),
  };
};

/**
 * Checks and describes one image. It waits for its turn where many large images are looked at together: what this process
 * decodes at the same time takes at most 400 MiB. An animated WebP or PNG counts as its first frame.
 * @param sha256 of the bytes, where the caller has it already
 * @throws AppError `image_unfit` with `details.reason`: `empty_file`, `too_many_bytes`, `unsupported_format`,
 * `not_an_image`, `broken_image` (also one that takes too long), `too_many_pixels`, `too_small`.
 */
export const inspectImage = async (
  bytes: Uint8Array,
  limits: Partial<ImageLimits> = {},
  sha256?: Digest,
): Promise<ImageFacts> => {
  const bounds = { ...DEFAULT_IMAGE_LIMITS, ...limits };
  const { decodingBytes } = await readImageHeader(bytes, bounds);
  const described = await decodingBudget.run(decodingBytes, async () => {
    try {
      const { maxPixels, decodeTimeoutSeconds: timeoutSeconds } = bounds;
      return describe(await toRgb(await openImage(bytes, { maxPixels, timeoutSeconds, damage: 'refused' })));
    } catch (thrown) {
      throw cannotDecode(thrown);
    } finally {
      // Before its share of the budget is another's.
      if (decodingBytes >= LARGE_BYTES) collectGarbage();
    }
  });
  return {
    sha256: sha256 ?? createHash('sha256').update(bytes).digest('hex'),
    ...described,
    sizeBytes: bytes.byteLength,
  };
};

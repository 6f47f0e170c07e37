/**
 * What the pixels of one image say: a digest, a perceptual hash, colours, quality. The costly part of looking at an image, apart
 * from the rest, so that whoever looks at many can have it done in threads.
 */
import { createHash } from 'node:crypto';
import type { Digest, ImageQuality } from '@graft/contracts';
import { openImage, toRgb, type RgbPixels } from '@graft/images';
import { collectGarbage } from './collect-garbage.js';
import { meanColourOf, toColourBlocks } from './colour-blocks.js';
import { cannotDecode } from './image-header.js';
import { measureQuality } from './image-quality.js';
import { lumaGrid } from './luma-grid.js';
import { lumaPlane } from './luma-plane.js';
import { differenceHash } from './perceptual-hash.js';

/** Memory that is given back at once, rather than when the runtime gets round to it. */
const LARGE_BYTES = 64 * 1024 * 1024;

export interface PictureFacts {
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
  readonly quality: ImageQuality;
}

/** A file whose header was found fit. Plain data: it can be sent to a thread. */
export interface PictureRequest {
  readonly bytes: Uint8Array;
  readonly maxPixels: number;
  readonly timeoutSeconds: number;
  /** Upper estimate of the memory that decoding takes. */
  readonly decodingBytes: number;
}

export type DescribePicture = (request: PictureRequest) => Promise<PictureFacts>;

const describe = (pixels: RgbPixels): PictureFacts => {
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
 * Decodes an image, in this thread, and describes it. An animated WebP or PNG counts as its first frame.
 * @throws AppError `image_unfit` with `details.reason` `broken_image`, also where it takes too long
 */
export const describePicture: DescribePicture = async ({ bytes, maxPixels, timeoutSeconds, decodingBytes }) => {
  try {
    return describe(await toRgb(await openImage(bytes, { maxPixels, timeoutSeconds, damage: 'refused' })));
  } catch (thrown) {
    throw cannotDecode(thrown);
  } finally {
    // Before its share of a budget is another's.
    if (decodingBytes >= LARGE_BYTES) collectGarbage();
  }
};

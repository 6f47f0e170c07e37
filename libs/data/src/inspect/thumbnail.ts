/** Small pictures for people who look through a quarantine. */
import sharp from 'sharp';
import { AppError } from '@graft/contracts';
import { decodingBudget, DEFAULT_IMAGE_LIMITS, readImageHeader, type ImageLimits } from './image-header.js';

const DEFAULT_SIDE = 128;
const WEBP_QUALITY = 70;
export const THUMBNAIL_MEDIA_TYPE = 'image/webp';

/**
 * A WebP at most `side` pixels (default 128) wide and high (never enlarged), turned as EXIF says, without metadata; of a file that is cut
 * short, what there is of it. Null where there is nothing to see: bytes beyond the limits, of another format, or that no
 * decoder takes. A picture that is too small to learn from is shown all the same.
 */
export const makeThumbnail = async (
  bytes: Uint8Array,
  limits: Partial<ImageLimits> = {},
  side = DEFAULT_SIDE,
): Promise<Buffer | null> => {
  const bounds = { ...DEFAULT_IMAGE_LIMITS, ...limits, minSide: 1 };
  try {
    const { decodingBytes } = await readImageHeader(bytes, bounds);
    return await decodingBudget.run(decodingBytes, () =>
      sharp(bytes, { failOn: 'none', limitInputPixels: bounds.maxPixels, sequentialRead: true })
        .timeout({ seconds: bounds.decodeTimeoutSeconds })
        .autoOrient()
        .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
        .toColourspace('srgb')
        .webp({ quality: WEBP_QUALITY })
        .toBuffer()
        // What libvips says here is about the picture, whose fault was found already.
        .catch(() => null),
    );
  } catch (error) {
    if (error instanceof AppError && error.code === 'image_unfit') return null;
    throw error;
  }
};

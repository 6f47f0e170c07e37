/**
 * The one way in for the pixels of an image file: whoever digests, measures, embeds, trains on or classifies an image sees the
 * same ones, since all of them open it here. EXIF orientation applied, alpha on white, sRGB, RGB8.
 */
import sharp, { type Sharp } from 'sharp';
import { detectFormat } from './image-format.js';
import { embeddedRgbProfile, isPlainSrgb } from './embedded-profile.js';
import { isPlainJpegHeader } from './jpeg-header.js';

/** Of RGB8. */
export const CHANNELS = 3;

// Decoded images aren't asked for twice, and a cache would hold a stranger's pixels beyond any budget.
sharp.cache(false);
// One libvips thread an image, several images at once: faster than the other way round, and it takes less memory.
sharp.concurrency(1);

export interface OpenLimits {
  /** More pixels are refused before any is decoded. */
  readonly maxPixels: number;
  /** Longer than any sound image takes. */
  readonly timeoutSeconds: number;
  /**
   * What becomes of a JPEG with damaged picture data that a decoder can read past: it is `decoded` (default), which leaves a part
   * of the picture grey or shifted, or `refused`. One that is cut short is refused either way, as is damage of other formats, which
   * have checksums or can't be read on.
   */
  readonly damage?: 'refused' | 'decoded';
}

/**
 * What libvips fails on. Its warnings tell of damage in picture data and of odd headers of sound photos alike; where the header has
 * nothing that it would warn of, damage is what is left. Settled before anything is decoded: it costs sound photos nothing.
 */
const failOnOf = (bytes: Uint8Array, damage: OpenLimits['damage']): 'error' | 'warning' => {
  if (damage !== 'refused') return 'error';
  const format = detectFormat(bytes);
  const isJpeg = format.kind === 'accepted' && format.format === 'jpeg';
  return isJpeg && isPlainJpegHeader(bytes) ? 'warning' : 'error';
};

/**
 * An image ready to be cut and resized by libvips, upright and without alpha; nothing but its header is read yet. Of an animation,
 * its first frame. End with `toRgb`.
 *
 * What is cut short fails when it is decoded, and what is damaged as `damage` says; odd metadata doesn't. The file's format has to be one that
 * `detectFormat` accepts: libvips knows others that can read more files or take very long.
 */
export const openImage = async (
  bytes: Uint8Array,
  { maxPixels, timeoutSeconds, damage }: OpenLimits,
): Promise<Sharp> => {
  const profile = embeddedRgbProfile(bytes);
  return sharp(bytes, {
    ignoreIcc: profile !== null && (await isPlainSrgb(profile)),
    limitInputPixels: maxPixels,
    failOn: failOnOf(bytes, damage),
    sequentialRead: true,
    pages: 1,
  })
    .timeout({ seconds: timeoutSeconds })
    .autoOrient()
    .flatten({ background: '#ffffff' });
};

/** RGB8, row by row, no padding. */
export interface RgbPixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Decodes what was opened.
 * @throws Error of libvips, or one that says how many channels there are where it isn't 3
 */
export const toRgb = async (image: Sharp): Promise<RgbPixels> => {
  const { data, info } = await image
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== CHANNELS) throw new Error(`it decodes to ${info.channels} channels, expected ${CHANNELS}`);
  return { data, width: info.width, height: info.height };
};

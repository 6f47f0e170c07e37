/**
 * An image file, ready to be cut and resized by libvips (through sharp): the one way in for every view of it. Untrusted:
 * formats, pixels and time are limited before anything is decoded.
 */
import { AppError, type QuarantineReason } from '@graft/contracts';
import sharp, { type Sharp } from 'sharp';
import { embeddedRgbProfile, isPlainSrgb } from './embedded-profile.js';
import { isAcceptedFormat } from './image-format.js';

/** Larger images are refused before they are decoded. */
export const MAX_INPUT_PIXELS = 100_000_000;
/** Longer than any sound image takes. */
const DECODE_TIMEOUT_SECONDS = 60;
export const CHANNELS = 3;

// One libvips thread an image, several images at once: faster than the other way round, and no cache of files to grow.
sharp.concurrency(1);
sharp.cache(false);

const unfit = (reason: QuarantineReason, message: string, cause?: unknown): AppError =>
  new AppError('image_unfit', message, { details: { reason }, ...(cause === undefined ? {} : { cause }) });

const toUnfit = (error: unknown): AppError => {
  const message = error instanceof Error ? error.message : String(error);
  if (/exceeds pixel limit/i.test(message))
    return unfit('too_many_pixels', `the image has more than ${MAX_INPUT_PIXELS} pixels`, error);
  return unfit('broken_image', 'the image could not be decoded', error);
};

/** An image whose EXIF orientation is applied and whose alpha lies on white, and its size, upright. */
export interface OpenImage {
  readonly image: Sharp;
  readonly width: number;
  readonly height: number;
}

const openImage = async (bytes: Uint8Array): Promise<OpenImage> => {
  const profile = embeddedRgbProfile(bytes);
  const image = sharp(bytes, {
    ignoreIcc: profile !== null && (await isPlainSrgb(profile)),
    limitInputPixels: MAX_INPUT_PIXELS,
    failOn: 'error',
    sequentialRead: true,
    pages: 1,
  }).timeout({ seconds: DECODE_TIMEOUT_SECONDS });
  const { width, height } = (await image.metadata()).autoOrient;
  return { image: image.autoOrient().flatten({ background: '#ffffff' }), width, height };
};

const toPixels = async (view: Sharp, inputSize: number): Promise<Buffer> => {
  const { data, info } = await view.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  if (info.channels !== CHANNELS || data.length !== CHANNELS * inputSize * inputSize)
    throw unfit('broken_image', `the image decodes to ${info.channels} channels, expected ${CHANNELS}`);
  return data;
};

const asUnfit = (error: unknown): never => {
  throw error instanceof AppError ? error : toUnfit(error);
};

/**
 * Reads an image's header and answers what decodes it: inputSize × inputSize sRGB8 pixels, row by row, of one view. Once called,
 * that runs on libvips's threads to its end, whatever blocks this one.
 * @param view what is cut and resized, to exactly inputSize × inputSize.
 * @throws AppError `image_unfit` with `details.reason`, one of the quarantine reasons; so does what it answers.
 */
export const openPixels = async (
  bytes: Uint8Array,
  inputSize: number,
  view: (open: OpenImage) => Sharp,
): Promise<() => Promise<Uint8Array>> => {
  if (bytes.byteLength === 0) throw unfit('empty_file', 'the image has no bytes');
  if (!isAcceptedFormat(bytes)) throw unfit('unsupported_format', 'expected a JPEG, a PNG or a WebP image');
  const cut = await openImage(bytes).then(view).catch(asUnfit);
  return () => toPixels(cut, inputSize).catch(asUnfit);
};

/** The pixels of `openPixels`, at once. */
export const decodePixels = async (
  bytes: Uint8Array,
  inputSize: number,
  view: (open: OpenImage) => Sharp,
): Promise<Uint8Array> => (await openPixels(bytes, inputSize, view))();

/** From an image file to the pixels of one view of it, at a network's size. Untrusted: formats, pixels and time are limited. */
import { AppError, imageUnfit } from '@graft/contracts';
import { CHANNELS, detectFormat, openImage, toRgb } from '@graft/images';
import type { Sharp } from 'sharp';

/** Larger images are refused before they are decoded. */
export const MAX_INPUT_PIXELS = 100_000_000;
const LIMITS = { maxPixels: MAX_INPUT_PIXELS, timeoutSeconds: 60 };

const asUnfit = (error: unknown): never => {
  if (error instanceof AppError) throw error;
  const message = error instanceof Error ? error.message : String(error);
  if (/exceeds pixel limit/i.test(message))
    throw imageUnfit('too_many_pixels', `the image has more than ${MAX_INPUT_PIXELS} pixels`, error);
  throw imageUnfit('broken_image', 'the image could not be decoded', error);
};

/** An image that is opened, and its size, upright. */
export interface OpenImage {
  readonly image: Sharp;
  readonly width: number;
  readonly height: number;
}

const readSize = async (bytes: Uint8Array): Promise<OpenImage> => {
  const image = await openImage(bytes, LIMITS);
  const { width, height } = (await image.metadata()).autoOrient;
  return { image, width, height };
};

const toPixels = async (view: Sharp, inputSize: number): Promise<Uint8Array> => {
  const { data, width, height } = await toRgb(view);
  if (data.length !== CHANNELS * inputSize * inputSize)
    throw imageUnfit('broken_image', `the image decodes to ${width} × ${height} pixels, expected ${inputSize} each`);
  return data;
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
  if (bytes.byteLength === 0) throw imageUnfit('empty_file', 'the image has no bytes');
  if (detectFormat(bytes).kind !== 'accepted')
    throw imageUnfit('unsupported_format', 'expected a JPEG, a PNG or a WebP image');
  const cut = await readSize(bytes).then(view).catch(asUnfit);
  return () => toPixels(cut, inputSize).catch(asUnfit);
};

/** The pixels of `openPixels`, at once. */
export const decodePixels = async (
  bytes: Uint8Array,
  inputSize: number,
  view: (open: OpenImage) => Sharp,
): Promise<Uint8Array> => (await openPixels(bytes, inputSize, view))();

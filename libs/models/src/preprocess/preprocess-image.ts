/**
 * An image file becomes a network's input. The one path for training, evaluation and serving: what is trained on is what
 * is served. libvips (through sharp) decodes and resizes; the arithmetic is the reference's (x − mean) / std on 0–255.
 */
import { AppError, type Preprocessing, type QuarantineReason } from '@graft/contracts';
import sharp, { type KernelEnum } from 'sharp';
import { embeddedRgbProfile, isPlainSrgb } from './embedded-profile.js';
import { isAcceptedFormat } from './image-format.js';

/** Larger images are refused before they are decoded. */
export const MAX_INPUT_PIXELS = 100_000_000;
/** Longer than any sound image takes. */
const DECODE_TIMEOUT_SECONDS = 60;
const CHANNELS = 3;
const LEVELS = 256;

const KERNELS = { bicubic: 'cubic', bilinear: 'linear', lanczos3: 'lanczos3' } as const satisfies Record<
  Preprocessing['interpolation'],
  keyof KernelEnum
>;

// One libvips thread an image, several images at once: faster than the other way round, and no cache of files to grow.
sharp.concurrency(1);
sharp.cache(false);

/** Numbers in one preprocessed image: 3 · inputSize². */
export const inputLength = ({ inputSize }: Preprocessing): number => CHANNELS * inputSize * inputSize;

const unfit = (reason: QuarantineReason, message: string, cause?: unknown): AppError =>
  new AppError('image_unfit', message, { details: { reason }, ...(cause === undefined ? {} : { cause }) });

const toUnfit = (error: unknown): AppError => {
  const message = error instanceof Error ? error.message : String(error);
  if (/exceeds pixel limit/i.test(message))
    return unfit('too_many_pixels', `the image has more than ${MAX_INPUT_PIXELS} pixels`, error);
  return unfit('broken_image', 'the image could not be decoded', error);
};

/**
 * The length that a side is resized to before the crop: as near to `exact` as leaves the same number of pixels on both sides of
 * the crop. (Half a pixel to the side would blur the picture as much as another kernel does.)
 */
const lengthAround = (exact: number, inputSize: number): number =>
  inputSize + 2 * Math.max(0, Math.round((exact - inputSize) / 2));

/**
 * inputSize × inputSize RGB8 pixels, row by row: EXIF orientation applied, sRGB, alpha on white, the centre square of
 * `cropShare` of the shorter side.
 */
const toPixels = async (bytes: Uint8Array, { inputSize, cropShare, interpolation }: Preprocessing): Promise<Buffer> => {
  const profile = embeddedRgbProfile(bytes);
  const image = sharp(bytes, {
    ignoreIcc: profile !== null && (await isPlainSrgb(profile)),
    limitInputPixels: MAX_INPUT_PIXELS,
    failOn: 'error',
    sequentialRead: true,
    pages: 1,
  }).timeout({ seconds: DECODE_TIMEOUT_SECONDS });
  const { width, height } = (await image.metadata()).autoOrient;
  // Resized whole and then cropped: the kernel sees the pixels beyond the crop's edge, and no crop is rounded to pixels.
  const scale = inputSize / cropShare / Math.min(width, height);
  const [columns, rows] = [lengthAround(width * scale, inputSize), lengthAround(height * scale, inputSize)];
  const { data, info } = await image
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .resize(columns, rows, { fit: 'fill', kernel: KERNELS[interpolation] })
    .extract({ left: (columns - inputSize) / 2, top: (rows - inputSize) / 2, width: inputSize, height: inputSize })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== CHANNELS || data.length !== CHANNELS * inputSize * inputSize)
    throw unfit('broken_image', `the image decodes to ${info.channels} channels, expected ${CHANNELS}`);
  return data;
};

/** (level − mean) / std for every level of a channel. */
const levelTable = ({ mean, std }: Preprocessing, channel: 0 | 1 | 2): Float32Array =>
  Float32Array.from({ length: LEVELS }, (_, level) => (level - mean[channel]) / std[channel]);

/**
 * Writes one image's tensor, float32 [3, inputSize, inputSize], into `target` from `offset` on. The numbers depend on the
 * bytes and the preprocessing alone, however images are batched.
 * @throws AppError `image_unfit` with `details.reason`, one of the quarantine reasons.
 */
export const preprocessInto = async (
  bytes: Uint8Array,
  preprocessing: Preprocessing,
  target: Float32Array,
  offset: number,
): Promise<void> => {
  const plane = preprocessing.inputSize ** 2;
  if (offset < 0 || offset + CHANNELS * plane > target.length)
    throw new AppError('internal', `an image takes ${CHANNELS * plane} numbers; offset ${offset} leaves fewer`);
  if (bytes.byteLength === 0) throw unfit('empty_file', 'the image has no bytes');
  if (!isAcceptedFormat(bytes)) throw unfit('unsupported_format', 'expected a JPEG, a PNG or a WebP image');
  const pixels = await toPixels(bytes, preprocessing).catch((error: unknown) => {
    throw error instanceof AppError ? error : toUnfit(error);
  });
  const red = levelTable(preprocessing, 0);
  const green = levelTable(preprocessing, 1);
  const blue = levelTable(preprocessing, 2);
  // From interleaved pixels to planes, in one pass: this runs on the main thread for every image.
  for (let at = offset, from = 0; from < pixels.length; at += 1, from += CHANNELS) {
    target[at] = red[pixels[from] ?? 0] ?? 0;
    target[at + plane] = green[pixels[from + 1] ?? 0] ?? 0;
    target[at + 2 * plane] = blue[pixels[from + 2] ?? 0] ?? 0;
  }
};

/** One image's tensor, float32 [3, inputSize, inputSize]. Throws as `preprocessInto` does. */
export const preprocessImage = async (bytes: Uint8Array, preprocessing: Preprocessing): Promise<Float32Array> => {
  const target = new Float32Array(inputLength(preprocessing));
  await preprocessInto(bytes, preprocessing, target, 0);
  return target;
};

/** The view that is evaluated and served: the centre square of `cropShare` of the shorter side. */
import type { Preprocessing } from '@graft/contracts';
import type { KernelEnum, Sharp } from 'sharp';
import { openPixels, type OpenImage } from './open-pixels.js';

/** sharp's names of the kernels. */
export const KERNELS = { bicubic: 'cubic', bilinear: 'linear', lanczos3: 'lanczos3' } as const satisfies Record<
  Preprocessing['interpolation'],
  keyof KernelEnum
>;

/**
 * The length that a side is resized to before the crop: as near to `exact` as leaves the same number of pixels on both sides of
 * the crop. (Half a pixel to the side would blur the picture as much as another kernel does.)
 */
const lengthAround = (exact: number, inputSize: number): number =>
  inputSize + 2 * Math.max(0, Math.round((exact - inputSize) / 2));

/** Cuts and resizes an open image to the view. */
export const toCenterView = (
  { image, width, height }: OpenImage,
  { inputSize, cropShare, interpolation }: Preprocessing,
): Sharp => {
  // Resized whole and then cropped: the kernel sees the pixels beyond the crop's edge, and no crop is rounded to pixels.
  const scale = inputSize / cropShare / Math.min(width, height);
  const [columns, rows] = [lengthAround(width * scale, inputSize), lengthAround(height * scale, inputSize)];
  return image
    .resize(columns, rows, { fit: 'fill', kernel: KERNELS[interpolation] })
    .extract({ left: (columns - inputSize) / 2, top: (rows - inputSize) / 2, width: inputSize, height: inputSize });
};

/**
 * Reads its header and answers what decodes it: inputSize × inputSize RGB8 pixels, row by row; EXIF orientation applied, sRGB,
 * alpha on white.
 * @throws AppError `image_unfit` with `details.reason`; so does what it answers.
 */
export const openCenterPixels = (bytes: Uint8Array, preprocessing: Preprocessing): Promise<() => Promise<Uint8Array>> =>
  openPixels(bytes, preprocessing.inputSize, (open) => toCenterView(open, preprocessing));

/** The pixels of `openCenterPixels`, at once. */
export const centerPixels = async (bytes: Uint8Array, preprocessing: Preprocessing): Promise<Uint8Array> =>
  (await openCenterPixels(bytes, preprocessing))();

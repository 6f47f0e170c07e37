/**
 * A random view of a training image: a crop of random area and aspect (Szegedy et al., arXiv:1409.4842, section 6; drawn as
 * torchvision's RandomResizedCrop draws it), mirrored or not, in other light.
 */
import type { Preprocessing, TrainingSettings } from '@graft/contracts';
import type { Sharp } from 'sharp';
import type { Random } from '../random.js';
import { KERNELS, toCenterView } from './center-view.js';
import { NO_CHANGE, type ColourChange } from './colour.js';
import { decodePixels, type OpenImage } from './open-pixels.js';

export type Augment = NonNullable<TrainingSettings['augment']>;

/** Pixels of the upright image. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Everything that chance decides of one view. */
export interface RandomView {
  /** Null: the centre crop, as it is evaluated. */
  readonly crop: Crop | null;
  readonly flip: boolean;
  readonly colour: ColourChange;
}

/** Width over height, drawn evenly on a logarithmic scale. */
const [NARROWEST, WIDEST] = [Math.log(3 / 4), Math.log(4 / 3)];
/** Crops drawn before giving up on one that fits. */
const ATTEMPTS = 10;

const between = (random: Random, low: number, high: number): number => low + (high - low) * random.next();
const wholeBelow = (random: Random, bound: number): number => Math.floor(random.next() * bound);

const drawCrop = (random: Random, size: { width: number; height: number }, minCropShare: number): Crop => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const area = size.width * size.height * between(random, minCropShare, 1);
    const aspect = Math.exp(between(random, NARROWEST, WIDEST));
    const width = Math.round(Math.sqrt(area * aspect));
    const height = Math.round(Math.sqrt(area / aspect));
    if (width < 1 || height < 1 || width > size.width || height > size.height) continue;
    const top = wholeBelow(random, size.height - height + 1);
    const left = wholeBelow(random, size.width - width + 1);
    return { left, top, width, height };
  }
  // A picture much longer than wide: the largest middle part of a bearable aspect.
  const aspect = Math.min(Math.max(size.width / size.height, Math.exp(NARROWEST)), Math.exp(WIDEST));
  const width = Math.max(1, Math.min(size.width, Math.round(size.height * aspect)));
  const height = Math.max(1, Math.min(size.height, Math.round(size.width / aspect)));
  return { left: (size.width - width) >> 1, top: (size.height - height) >> 1, width, height };
};

/**
 * Draws a view. What is drawn, and in which order, depends on the settings and the image's size alone.
 * @param size of the upright image, pixels.
 */
export const drawView = (random: Random, size: { width: number; height: number }, augment: Augment): RandomView => {
  const flip = augment.flip && random.next() < 0.5;
  const factor = (): number => between(random, 1 - augment.colour, 1 + augment.colour);
  const colour = augment.colour > 0 ? { brightness: factor(), contrast: factor(), saturation: factor() } : NO_CHANGE;
  return { crop: augment.minCropShare < 1 ? drawCrop(random, size, augment.minCropShare) : null, flip, colour };
};

/** A picture much larger than its crop would be enlarged with it for nothing. */
const MOST_ENLARGED = 8;

/**
 * Cuts a crop and resizes it. Resized whole and then cut, as the evaluated view is: a JPEG is then decoded at an eighth to
 * a half of its size where that is enough (12 megapixels: 11 ms of CPU instead of 28), and the kernel sees the pixels
 * beyond the crop's edge. The crop's place is rounded to the view's own pixels.
 */
const toCrop = (
  { image, width, height }: OpenImage,
  crop: Crop,
  { inputSize, interpolation }: Preprocessing,
): Sharp => {
  const kernel = KERNELS[interpolation];
  const [wide, high] = [width / crop.width, height / crop.height];
  if (Math.max(wide, high) > MOST_ENLARGED)
    return image.extract(crop).resize(inputSize, inputSize, { fit: 'fill', kernel });
  const [columns, rows] = [Math.round(inputSize * wide), Math.round(inputSize * high)];
  const place = (start: number, length: number, size: number): number =>
    Math.min(size - inputSize, Math.round((start * inputSize) / length));
  return image.resize(columns, rows, { fit: 'fill', kernel }).extract({
    left: place(crop.left, crop.width, columns),
    top: place(crop.top, crop.height, rows),
    width: inputSize,
    height: inputSize,
  });
};

/**
 * A drawn view's pixels, inputSize × inputSize RGB8, before its colours change (which is done in full precision).
 * @throws AppError `image_unfit` with `details.reason`.
 */
export const randomPixels = async (
  bytes: Uint8Array,
  preprocessing: Preprocessing,
  draw: (size: { width: number; height: number }) => RandomView,
): Promise<{ pixels: Uint8Array; colour: ColourChange }> => {
  let colour = NO_CHANGE;
  const pixels = await decodePixels(bytes, preprocessing.inputSize, (open) => {
    const view = draw(open);
    ({ colour } = view);
    const cut = view.crop === null ? toCenterView(open, preprocessing) : toCrop(open, view.crop, preprocessing);
    return cut.flop(view.flip);
  });
  return { pixels, colour };
};

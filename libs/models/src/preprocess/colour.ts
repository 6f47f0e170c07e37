/**
 * Another light on an image: brightness, then contrast, then saturation, as torchvision's ColorJitter defines each. All
 * three are linear in a pixel's three values but for clipping, so they are one matrix, applied with the normalization.
 */
import type { Preprocessing } from '@graft/contracts';
import type { ImageTarget } from './normalize.js';
import { CHANNELS } from '@graft/images';

/** 1 leaves all as it is; 0 is black, one grey, or without colours. */
export interface ColourChange {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

export const NO_CHANGE: ColourChange = { brightness: 1, contrast: 1, saturation: 1 };

/** What red, green and blue count for in a grey (ITU-R BT.601, as Pillow's and torchvision's greys). */
const LUMA = [0.299, 0.587, 0.114] as const;
const BRIGHTEST = 255;

const meanGrey = (pixels: Uint8Array): number => {
  let [red, green, blue] = [0, 0, 0];
  for (let at = 0; at < pixels.length; at += CHANNELS) {
    red += pixels[at] ?? 0;
    green += pixels[at + 1] ?? 0;
    blue += pixels[at + 2] ?? 0;
  }
  return (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue) / (pixels.length / CHANNELS);
};

/**
 * Writes one image's interleaved RGB8 pixels, in other colours and clipped to 0–255 at the end, as (x − mean) / std,
 * channels side by side (NHWC).
 */
export const recolourInto = (
  pixels: Uint8Array,
  { brightness, contrast, saturation }: ColourChange,
  { mean, std }: Preprocessing,
  { target, offset }: Pick<ImageTarget, 'target' | 'offset'>,
): void => {
  const gain = brightness * contrast;
  // Contrast keeps the mean grey of the picture where it is.
  const lift = (1 - contrast) * brightness * meanGrey(pixels);
  const own = saturation * gain;
  const grey = (1 - saturation) * gain;
  const [lumaRed, lumaGreen, lumaBlue] = LUMA;
  for (let from = 0; from < pixels.length; from += CHANNELS) {
    const [red, green, blue] = [pixels[from] ?? 0, pixels[from + 1] ?? 0, pixels[from + 2] ?? 0];
    // A grey is lifted as its colours are: its weights add up to one.
    const shared = grey * (lumaRed * red + lumaGreen * green + lumaBlue * blue) + lift;
    const at = offset + from;
    target[at] = (Math.min(BRIGHTEST, Math.max(0, own * red + shared)) - mean[0]) / std[0];
    target[at + 1] = (Math.min(BRIGHTEST, Math.max(0, own * green + shared)) - mean[1]) / std[1];
    target[at + 2] = (Math.min(BRIGHTEST, Math.max(0, own * blue + shared)) - mean[2]) / std[2];
  }
};

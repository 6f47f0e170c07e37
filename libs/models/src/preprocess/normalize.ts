/** From 8-bit levels to a network's numbers: (level − mean) / std, channel by channel. */
import type { Preprocessing } from '@graft/contracts';
import { CHANNELS } from '@graft/images';

const LEVELS = 256;

/** Where numbers go. `nchw`: a plane a channel, as ONNX models take them; `nhwc`: channels side by side, as TensorFlow does. */
export interface ImageTarget {
  readonly layout: 'nchw' | 'nhwc';
  readonly target: Float32Array;
  readonly offset: number;
}

/** (level − mean) / std for every level of a channel. */
const levelTable = ({ mean, std }: Preprocessing, channel: 0 | 1 | 2): Float32Array =>
  Float32Array.from({ length: LEVELS }, (_, level) => (level - mean[channel]) / std[channel]);

/** Writes one image's interleaved RGB8 pixels as float32. */
export const normalizeInto = (
  pixels: Uint8Array,
  preprocessing: Preprocessing,
  { layout, target, offset }: ImageTarget,
): void => {
  const [red, green, blue] = [levelTable(preprocessing, 0), levelTable(preprocessing, 1), levelTable(preprocessing, 2)];
  // How far apart two pixels' numbers lie, and two channels'.
  const [step, plane] = layout === 'nchw' ? [1, pixels.length / CHANNELS] : [CHANNELS, 1];
  // In one pass: this runs on one thread for every image.
  for (let at = offset, from = 0; from < pixels.length; at += step, from += CHANNELS) {
    target[at] = red[pixels[from] ?? 0] ?? 0;
    target[at + plane] = green[pixels[from + 1] ?? 0] ?? 0;
    target[at + 2 * plane] = blue[pixels[from + 2] ?? 0] ?? 0;
  }
};

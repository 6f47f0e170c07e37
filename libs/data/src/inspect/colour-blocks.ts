/**
 * A picture as sums of red, green and blue over blocks of pixels: the one pass over all of its pixels that everything measured on
 * it is made from. Whole numbers, so that they are exact on every machine.
 */
import type { RgbPixels } from '@graft/images';

/** A picture whose longer side has fewer pixels stays as it is. */
export const LONGER_SIDE = 128;

export interface ColourBlocks {
  /** Of the picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Side of a block in pixels; those at the right and at the bottom may be cut. */
  readonly block: number;
  readonly columns: number;
  readonly rows: number;
  /** Red, green and blue of each block, row by row. A block has at most 2^24 pixels of 255: it fits. */
  readonly sums: Uint32Array;
}

/** Sums over square blocks of a whole number of pixels: the longer side keeps 128 to 255 of them where it has as many. */
export const toColourBlocks = ({ data, width, height }: RgbPixels): ColourBlocks => {
  const block = Math.max(1, Math.floor(Math.max(width, height) / LONGER_SIDE));
  const columns = Math.ceil(width / block);
  const rows = Math.ceil(height / block);
  const sums = new Uint32Array(columns * rows * 3);
  // Bounds are kept by the loops: the fallbacks only please the compiler, and cost a branch that is never taken.
  for (let y = 0, at = 0; y < height; y++) {
    let to = Math.floor(y / block) * columns * 3;
    for (let x = 0; x < width; to += 3) {
      const end = x + block < width ? x + block : width;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (; x < end; x++, at += 3) {
        red += data[at] ?? 0;
        green += data[at + 1] ?? 0;
        blue += data[at + 2] ?? 0;
      }
      sums[to] = (sums[to] ?? 0) + red;
      sums[to + 1] = (sums[to + 1] ?? 0) + green;
      sums[to + 2] = (sums[to + 2] ?? 0) + blue;
    }
  }
  return { width, height, block, columns, rows, sums };
};

/** The mean of all pixels as rrggbb. */
export const meanColourOf = ({ width, height, sums }: ColourBlocks): string => {
  const totals = new Float64Array(3);
  for (let at = 0; at < sums.length; at += 3) {
    totals[0] = (totals[0] ?? 0) + (sums[at] ?? 0);
    totals[1] = (totals[1] ?? 0) + (sums[at + 1] ?? 0);
    totals[2] = (totals[2] ?? 0) + (sums[at + 2] ?? 0);
  }
  return Buffer.from(totals.map((total) => Math.round(total / (width * height)))).toString('hex');
};

/**
 * A picture as sums over blocks of pixels: the one pass over all of its pixels that everything measured on it is made from. Whole
 * numbers, so that they are exact on every machine.
 */
import type { RgbPixels } from '@graft/images';

/** A picture whose longer side has fewer pixels stays as it is. */
export const LONGER_SIDE = 128;

/**
 * Luma of ITU-R BT.709, of the gamma-encoded pixels: weights of red, green and blue in ten thousandths, so that sums of them stay
 * whole numbers.
 */
const [RED, GREEN, BLUE] = [2126, 7152, 722];
/** The luma of a white pixel. */
export const WHITE = 255 * (RED + GREEN + BLUE);

export interface ColourBlocks {
  /** Of the picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Side of a block in pixels; those at the right and at the bottom may be cut. */
  readonly block: number;
  readonly columns: number;
  readonly rows: number;
  /** The luma of each block's pixels, 0 to `WHITE` each, summed up, row by row. Whole numbers: a block of 2^30 pixels would fit. */
  readonly luma: Float64Array;
  /** Red, green and blue of all pixels, summed up. */
  readonly totals: readonly [number, number, number];
}

/** Sums over square blocks of a whole number of pixels: the longer side keeps 128 to 255 of them where it has as many. */
export const toColourBlocks = ({ data, width, height }: RgbPixels): ColourBlocks => {
  const block = Math.max(1, Math.floor(Math.max(width, height) / LONGER_SIDE));
  const columns = Math.ceil(width / block);
  const rows = Math.ceil(height / block);
  const luma = new Float64Array(columns * rows);
  let [allRed, allGreen, allBlue] = [0, 0, 0];
  // Bounds are kept by the loops: the fallbacks only please the compiler, and cost a branch that is never taken.
  for (let y = 0, at = 0; y < height; y++) {
    let to = Math.floor(y / block) * columns;
    for (let x = 0; x < width; to++) {
      const end = x + block < width ? x + block : width;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (; x < end; x++, at += 3) {
        red += data[at] ?? 0;
        green += data[at + 1] ?? 0;
        blue += data[at + 2] ?? 0;
      }
      allRed += red;
      allGreen += green;
      allBlue += blue;
      luma[to] = (luma[to] ?? 0) + RED * red + GREEN * green + BLUE * blue;
    }
  }
  return { width, height, block, columns, rows, luma, totals: [allRed, allGreen, allBlue] };
};

/** The mean of all pixels as rrggbb. */
export const meanColourOf = ({ width, height, totals }: Pick<ColourBlocks, 'width' | 'height' | 'totals'>): string =>
  Buffer.from(totals.map((total) => Math.round(total / (width * height)))).toString('hex');

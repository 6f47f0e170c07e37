/**
 * What a picture is like, whatever it shows: how bright, how much contrast, how sharp. Compared between landings, these tell
 * of another camera, another light, a lens out of focus.
 *
 * Everything is computed on luma (ITU-R BT.709, of the gamma-encoded pixels, 0 to 1) reduced by averaging areas until the
 * longer side has 128 pixels; a smaller picture stays as it is. Sharpness is the variance of the 4-neighbour Laplacian
 * there: at one size, that of a photo from 2 megapixels and from 20 can be compared.
 * Source: J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study", ICPR 2000.
 *
 * Plain arithmetic in a fixed order, rounded: the same pixels give the same numbers on every machine, since they end up in
 * documents that are known by their digest.
 */
import type { ImageQuality } from '@graft/contracts';

const LONGER_SIDE = 128;
const SIGNIFICANT_DIGITS = 4;

/** Weights of red, green and blue in ten thousandths: sums of them stay whole numbers, and so exact. */
const [RED, GREEN, BLUE] = [2126, 7152, 722];
const FULL = 255 * 10_000;

interface Plane {
  readonly width: number;
  readonly height: number;
  /** Row by row. */
  readonly values: Float64Array;
}

export interface RgbPixels {
  /** RGB8, row by row, no padding. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Luma, averaged over blocks of a whole number of pixels: the longer side keeps 128 to 255 of them where it has as many. */
const blockLuma = ({ data, width, height }: RgbPixels): Plane => {
  const block = Math.max(1, Math.floor(Math.max(width, height) / LONGER_SIDE));
  const columns = Math.ceil(width / block);
  const rows = Math.ceil(height / block);
  const values = new Float64Array(columns * rows);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / block) * columns;
    for (let column = 0, x = 0; column < columns; column++) {
      const end = x + block < width ? x + block : width;
      let sum = 0;
      // Bounds are kept by the loops: the fallbacks only please the compiler, and cost a branch that is never taken.
      for (; x < end; x++, at += 3) {
        sum += RED * (data[at] ?? 0) + GREEN * (data[at + 1] ?? 0) + BLUE * (data[at + 2] ?? 0);
      }
      values[row + column] = (values[row + column] ?? 0) + sum;
    }
  }
  for (let row = 0; row < rows; row++) {
    const high = Math.min(block, height - row * block);
    for (let column = 0; column < columns; column++) {
      const wide = Math.min(block, width - column * block);
      values[row * columns + column] = (values[row * columns + column] ?? 0) / (high * wide * FULL);
    }
  }
  return { width: columns, height: rows, values };
};

/** Averages along rows to `width` columns, and turns the plane over: applied twice, both sides are reduced. */
const averageAndTurn = ({ width: from, height, values }: Plane, width: number): Plane => {
  const step = from / width;
  const turned = new Float64Array(width * height);
  for (let column = 0; column < width; column++) {
    const [start, end] = [column * step, (column + 1) * step];
    for (let y = 0; y < height; y++) {
      let sum = 0;
      for (let x = Math.floor(start); x < Math.min(from, Math.ceil(end)); x++) {
        sum += (values[y * from + x] ?? 0) * (Math.min(end, x + 1) - Math.max(start, x));
      }
      turned[column * height + y] = sum / step;
    }
  }
  return { width: height, height: width, values: turned };
};

const reduce = (plane: Plane): Plane => {
  const scale = LONGER_SIDE / Math.max(plane.width, plane.height);
  if (scale >= 1) return plane;
  const sideOf = (side: number): number => Math.max(1, Math.round(side * scale));
  return averageAndTurn(averageAndTurn(plane, sideOf(plane.width)), sideOf(plane.height));
};

const meanAndVariance = (values: Float64Array): { mean: number; variance: number } => {
  if (values.length === 0) return { mean: 0, variance: 0 };
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, variance: squares / values.length };
};

/** At every pixel that has four neighbours: none of a plane that is one or two pixels narrow. */
const laplacian = ({ width, height, values }: Plane): Float64Array => {
  const [columns, rows] = [Math.max(0, width - 2), Math.max(0, height - 2)];
  const edges = new Float64Array(columns * rows);
  for (let y = 1; y <= rows; y++) {
    for (let x = 1; x <= columns; x++) {
      const at = y * width + x;
      edges[(y - 1) * columns + x - 1] =
        (values[at - 1] ?? 0) +
        (values[at + 1] ?? 0) +
        (values[at - width] ?? 0) +
        (values[at + width] ?? 0) -
        4 * (values[at] ?? 0);
    }
  }
  return edges;
};

/** Far below one step of one pixel: what is left of a flat picture's variance is the arithmetic's own. */
const NOTHING = 1e-9;

const round = (value: number): number => (value < NOTHING ? 0 : Number(value.toPrecision(SIGNIFICANT_DIGITS)));

/**
 * @param pixels at least 1 × 1
 * @returns brightness (mean of luma, 0 to 1), contrast (its standard deviation, 0 to 0.5) and sharpness (variance of its
 * Laplacian, 0 and up: about 0.001 for a soft photo, 0.01 and more for a crisp one; 0 where no pixel has four
 * neighbours), each to 4 significant digits
 */
export const measureQuality = (pixels: RgbPixels): ImageQuality => {
  const plane = reduce(blockLuma(pixels));
  const { mean, variance } = meanAndVariance(plane.values);
  return {
    brightness: round(Math.min(1, mean)),
    contrast: round(Math.sqrt(variance)),
    sharpness: round(meanAndVariance(laplacian(plane)).variance),
  };
};

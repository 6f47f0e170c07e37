/**
 * What a picture is like, whatever it shows: how bright, how much contrast, how sharp. Compared between landings, these tell
 * of another camera, another light, a lens out of focus.
 *
 * All of it is computed on the luma at one size (luma-plane.ts), so that photos of 2 and of 20 megapixels can be compared.
 * Sharpness is the variance of the 4-neighbour Laplacian there.
 * Source: J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study", ICPR 2000.
 */
import type { ImageQuality } from '@graft/contracts';
import type { Plane } from './luma-plane.js';

const SIGNIFICANT_DIGITS = 4;

const meanAndVariance = (values: Float64Array): { mean: number; variance: number } => {
  if (values.length === 0) return { mean: 0, variance: 0 };
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] ?? 0;
  const mean = sum / values.length;
  let squares = 0;
  for (let at = 0; at < values.length; at++) {
    const difference = (values[at] ?? 0) - mean;
    squares += difference * difference;
  }
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
 * @param plane of `lumaPlane`
 * @returns brightness (mean of luma, 0 to 1), contrast (its standard deviation, 0 to 0.5) and sharpness (variance of its
 * Laplacian, 0 and up: about 0.001 for a soft photo, 0.01 and more for a crisp one; 0 where no pixel has four
 * neighbours), each to 4 significant digits
 */
export const measureQuality = (plane: Plane): ImageQuality => {
  const { mean, variance } = meanAndVariance(plane.values);
  return {
    brightness: round(Math.min(1, mean)),
    contrast: round(Math.sqrt(variance)),
    sharpness: round(meanAndVariance(laplacian(plane)).variance),
  };
};

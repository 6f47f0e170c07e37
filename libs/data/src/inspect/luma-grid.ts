/**
 * A picture as the mean luma of 8 × 8 areas of its frame: what stays when it is scaled or compressed anew, and what two pictures
 * rarely share. Written as 128 hex digits, a byte (0 to 255) for each area, row by row.
 */
import { averageTo, type Plane } from './luma-plane.js';

const SIDE = 8;
export const GRID_CELLS = SIDE * SIDE;

/** Of 255. Copies of photos measured at most 2.6, 17 and 2.9; see near-duplicates.ts. */
const MAX_MEAN_DIFFERENCE = 3.5;
export const MAX_CELL_DIFFERENCE = 24;
export const MAX_QUARTER_DIFFERENCE = 4;
/** To the spread of the cells: pictures with little contrast have to agree better. */
const MAX_RELATIVE_DIFFERENCE = 0.16;
/** Standard deviation of the cells below which a picture is flat: a blank page is like every other. */
const MIN_SPREAD = 4;

export const lumaGrid = (plane: Plane): string =>
  Buffer.from(averageTo(plane, { width: SIDE, height: SIDE }).values.map((value) => Math.round(value * 255))).toString(
    'hex',
  );

export interface LumaGrid {
  readonly cells: Uint8Array;
  /** Means of the four quarters of the frame. */
  readonly quarters: readonly number[];
  /** Standard deviation of the cells. */
  readonly spread: number;
  readonly isFlat: boolean;
}

/** Reads what `lumaGrid` wrote. */
export const readGrid = (text: string): LumaGrid => {
  const cells = Buffer.from(text, 'hex');
  const quarters = [0, 0, 0, 0];
  let sum = 0;
  let squares = 0;
  cells.forEach((value, index) => {
    const quarter = (index < GRID_CELLS / 2 ? 0 : 2) + (index % SIDE < SIDE / 2 ? 0 : 1);
    quarters[quarter] = (quarters[quarter] ?? 0) + value / (GRID_CELLS / 4);
    sum += value;
    squares += value * value;
  });
  const mean = sum / GRID_CELLS;
  const spread = Math.sqrt(Math.max(0, squares / GRID_CELLS - mean * mean));
  return { cells, quarters, spread, isFlat: spread < MIN_SPREAD };
};

/** What the cells of two pictures may differ by in the mean and be of one picture, by the spreads of the two. */
export const mostMeanDifference = (aSpread: number, bSpread: number): number =>
  Math.min(MAX_MEAN_DIFFERENCE, MAX_RELATIVE_DIFFERENCE * Math.max(aSpread, bSpread));

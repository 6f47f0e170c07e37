/**
 * The luma of a picture (0 to 1), reduced by averaging areas. Plain arithmetic in a
 * fixed order: the same pixels give the same numbers on every machine, since what is made of them ends up in documents
 * that are known by their digest.
 */
import { LONGER_SIDE, WHITE, type ColourBlocks } from './colour-blocks.js';

export interface Plane {
  readonly width: number;
  readonly height: number;
  /** Row by row. */
  readonly values: Float64Array;
}

/** The mean luma of each block. */
const blockLuma = ({ width, height, block, columns, rows, luma }: ColourBlocks): Plane => {
  const values = new Float64Array(columns * rows);
  for (let row = 0, at = 0; row < rows; row++) {
    const high = Math.min(block, height - row * block);
    for (let column = 0; column < columns; column++, at++) {
      const wide = Math.min(block, width - column * block);
      values[at] = (luma[at] ?? 0) / (high * wide * WHITE);
    }
  }
  return { width: columns, height: rows, values };
};

/** Averages along rows to `width` columns, and turns the plane over: applied twice, both sides are reduced. */
const averageAndTurn = ({ width: from, height, values }: Plane, width: number): Plane => {
  const step = from / width;
  const turned = new Float64Array(width * height);
  for (let column = 0; column < width; column++) {
    const start = column * step;
    const end = start + step;
    const first = Math.floor(start);
    const last = Math.min(from, Math.ceil(end)) - 1;
    // The pixels at both ends count for what lies within.
    const head = Math.min(end, first + 1) - start;
    const tail = end - last;
    for (let y = 0; y < height; y++) {
      const row = y * from;
      let sum = head * (values[row + first] ?? 0);
      for (let x = first + 1; x < last; x++) sum += values[row + x] ?? 0;
      if (last > first) sum += tail * (values[row + last] ?? 0);
      turned[column * height + y] = sum / step;
    }
  }
  return { width: height, height: width, values: turned };
};

/** A plane of another size, each pixel the mean of the area that it stands for. */
export const averageTo = (plane: Plane, { width, height }: { width: number; height: number }): Plane =>
  averageAndTurn(averageAndTurn(plane, width), height);

/** The luma of a picture at a size where pictures can be compared: the longer side has 128 pixels, or all it has if fewer. */
export const lumaPlane = (blocks: ColourBlocks): Plane => {
  const plane = blockLuma(blocks);
  const scale = LONGER_SIDE / Math.max(plane.width, plane.height);
  if (scale >= 1) return plane;
  const sideOf = (side: number): number => Math.max(1, Math.round(side * scale));
  return averageTo(plane, { width: sideOf(plane.width), height: sideOf(plane.height) });
};

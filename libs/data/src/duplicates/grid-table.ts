/** Grids of many pictures side by side: as an object each they would take ten times the memory. */
import {
  GRID_CELLS,
  MAX_CELL_DIFFERENCE,
  MAX_QUARTER_DIFFERENCE,
  mostMeanDifference,
  type LumaGrid,
} from '../inspect/luma-grid.js';

export interface GridTable {
  /** @returns the grid's row, counted from 0 */
  add(grid: LumaGrid): number;
  /** The mean difference of the cells of a grid and of one in the table (0 to 3.5) where they are of one picture, else null. */
  compare(grid: LumaGrid, row: number): number | null;
}

const QUARTERS = 4;
const FIRST_ROOM = 256;

export const createGridTable = (): GridTable => {
  let rows = 0;
  let cells = new Uint8Array(FIRST_ROOM * GRID_CELLS);
  // Exact: a mean of sixteen bytes is a multiple of a sixteenth.
  let quarters = new Float32Array(FIRST_ROOM * QUARTERS);
  let spreads = new Float64Array(FIRST_ROOM);
  const makeRoom = (): void => {
    if (rows < spreads.length) return;
    const [hadCells, hadQuarters, hadSpreads] = [cells, quarters, spreads];
    cells = new Uint8Array(hadCells.length * 2);
    cells.set(hadCells);
    quarters = new Float32Array(hadQuarters.length * 2);
    quarters.set(hadQuarters);
    spreads = new Float64Array(hadSpreads.length * 2);
    spreads.set(hadSpreads);
  };
  return {
    add: (grid) => {
      makeRoom();
      cells.set(grid.cells, rows * GRID_CELLS);
      quarters.set(grid.quarters, rows * QUARTERS);
      spreads[rows] = grid.spread;
      return rows++;
    },
    compare: (grid, row) => {
      for (let quarter = 0; quarter < QUARTERS; quarter++) {
        const difference = (grid.quarters[quarter] ?? 0) - (quarters[row * QUARTERS + quarter] ?? 0);
        if (difference > MAX_QUARTER_DIFFERENCE || difference < -MAX_QUARTER_DIFFERENCE) return null;
      }
      let sum = 0;
      for (let cell = 0; cell < GRID_CELLS; cell++) {
        const difference = Math.abs((grid.cells[cell] ?? 0) - (cells[row * GRID_CELLS + cell] ?? 0));
        if (difference > MAX_CELL_DIFFERENCE) return null;
        sum += difference;
      }
      const mean = sum / GRID_CELLS;
      return mean <= mostMeanDifference(grid.spread, spreads[row] ?? 0) ? mean : null;
    },
  };
};

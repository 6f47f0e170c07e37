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
/** A table that grew by copying would leave as much behind as it holds. */
const ROWS_A_PAGE = 1024;

const createPage = () => ({
  cells: new Uint8Array(ROWS_A_PAGE * GRID_CELLS),
  // Exact: a mean of sixteen bytes is a multiple of a sixteenth.
  quarters: new Float32Array(ROWS_A_PAGE * QUARTERS),
  spreads: new Float64Array(ROWS_A_PAGE),
});

export const createGridTable = (): GridTable => {
  let rows = 0;
  const pages: ReturnType<typeof createPage>[] = [];
  return {
    add: (grid) => {
      const at = rows % ROWS_A_PAGE;
      const page = pages[Math.floor(rows / ROWS_A_PAGE)] ?? createPage();
      if (at === 0) pages.push(page);
      page.cells.set(grid.cells, at * GRID_CELLS);
      page.quarters.set(grid.quarters, at * QUARTERS);
      page.spreads[at] = grid.spread;
      return rows++;
    },
    compare: (grid, row) => {
      const page = pages[Math.floor(row / ROWS_A_PAGE)];
      if (page === undefined) return null;
      const at = row % ROWS_A_PAGE;
      for (let quarter = 0; quarter < QUARTERS; quarter++) {
        const difference = (grid.quarters[quarter] ?? 0) - (page.quarters[at * QUARTERS + quarter] ?? 0);
        if (difference > MAX_QUARTER_DIFFERENCE || difference < -MAX_QUARTER_DIFFERENCE) return null;
      }
      let sum = 0;
      for (let cell = 0; cell < GRID_CELLS; cell++) {
        const difference = Math.abs((grid.cells[cell] ?? 0) - (page.cells[at * GRID_CELLS + cell] ?? 0));
        if (difference > MAX_CELL_DIFFERENCE) return null;
        sum += difference;
      }
      const mean = sum / GRID_CELLS;
      return mean <= mostMeanDifference(grid.spread, page.spreads[at] ?? 0) ? mean : null;
    },
  };
};

/**
 * Finds near-duplicates: the same picture scaled or compressed anew. Every image is compared with representatives alone,
 * so that a chain of small steps never joins pictures that differ.
 *
 * What decides is the luma of an 8 × 8 grid (see luma-grid.ts) and the mean colour. Measured on photos (hymenoptera, 396): copies
 * at 90 to 33% of the size, of JPEG quality 95 to 40, as WebP and at 64 pixels differ by at most 2.6 of 255 in the mean of the
 * cells, two photos by at least 13.5. Flat pictures tell nothing and are never compared. The frame's shape does not count:
 * a copy squeezed into a square is a copy.
 *
 * Images of versions that are older than the grid have a difference hash alone. That is compared as it always was: few bits,
 * the shape of the frame and the mean colour must agree, and hashes that say little are left alone.
 */
import type { Digest, Split } from '@graft/contracts';
import { compareGrids, readGrid, type LumaGrid } from '../inspect/luma-grid.js';
import { createHashIndex, isTelling, likeFrames, type HashIndex } from './hash-index.js';

/** Of 255, in each channel. */
const MAX_COLOUR_STEP = 8;

export interface Picture {
  readonly pixelSha256: Digest;
  readonly perceptualHash: string;
  readonly lumaGrid?: string | undefined;
  readonly meanColour?: string | undefined;
  readonly width: number;
  readonly height: number;
}

export interface Representative extends Picture {
  /** Of the group that it stands for. */
  readonly groupKey: string;
  readonly split: Split;
  /** The object that it landed as, for messages. */
  readonly key: string;
}

const likeColours = (a: string | undefined, b: string | undefined): boolean =>
  a === undefined ||
  b === undefined ||
  [0, 2, 4].every(
    (at) =>
      Math.abs(Number.parseInt(a.slice(at, at + 2), 16) - Number.parseInt(b.slice(at, at + 2), 16)) <= MAX_COLOUR_STEP,
  );

export interface NearDuplicateIndex {
  add(representative: Representative): void;
  /** The representatives that a picture nearly equals, nearest first (then by pixel digest). */
  find(picture: Picture): Representative[];
}

interface Entry {
  readonly representative: Representative;
  readonly grid: LumaGrid;
}

/**
 * Grids by the mean luma of their quarters, in steps as wide as near-duplicates may differ: what is near lies in the same
 * cell or in one beside it, 81 in all, whatever the number of images.
 */
const STEP = 4;
const STEPS = 256 / STEP;
/** By how much the cells beside one are off in each of the four quarters. */
const BESIDE = Array.from({ length: 81 }, (_, way) =>
  [way % 3, Math.floor(way / 3) % 3, Math.floor(way / 9) % 3, Math.floor(way / 27)].map((off) => off - 1),
);

/** The place of each quarter's mean among the steps. */
const placesOf = (quarters: readonly number[]): number[] => quarters.map((mean) => Math.floor(mean / STEP));

const cellOf = (places: readonly number[]): number => places.reduce((cell, place) => cell * STEPS + place, 0);

const cellsBeside = (places: readonly number[]): number[] => {
  const cells: number[] = [];
  for (const offs of BESIDE) {
    let cell = 0;
    let inside = true;
    for (let quarter = 0; quarter < offs.length; quarter++) {
      const place = (places[quarter] ?? 0) + (offs[quarter] ?? 0);
      inside &&= place >= 0 && place < STEPS;
      cell = cell * STEPS + place;
    }
    if (inside) cells.push(cell);
  }
  return cells;
};

export const createNearDuplicateIndex = (): NearDuplicateIndex => {
  const byCell = new Map<number, Entry[]>();
  // By hash: those that have no grid, and those that have one, for a picture without.
  const bare = createHashIndex<Representative>();
  const gridded = createHashIndex<Representative>();

  const findByGrid = (picture: Picture, grid: LumaGrid, found: Map<Representative, number>): void => {
    for (const cell of cellsBeside(placesOf(grid.quarters))) {
      for (const { representative, grid: other } of byCell.get(cell) ?? []) {
        const difference = compareGrids(grid, other);
        if (difference !== null && likeColours(picture.meanColour, representative.meanColour))
          found.set(representative, difference);
      }
    }
  };
  const findByHash = (index: HashIndex<Representative>, picture: Picture, found: Map<Representative, number>): void => {
    if (!isTelling(picture.perceptualHash)) return;
    for (const [representative, distance] of index.find(picture.perceptualHash))
      if (likeFrames(picture, representative) && likeColours(picture.meanColour, representative.meanColour))
        found.set(representative, distance);
  };

  return {
    add: (representative) => {
      const grid = representative.lumaGrid === undefined ? null : readGrid(representative.lumaGrid);
      if (isTelling(representative.perceptualHash))
        (grid === null ? bare : gridded).add(representative.perceptualHash, representative);
      if (grid === null || grid.isFlat) return;
      const cell = cellOf(placesOf(grid.quarters));
      const members = byCell.get(cell);
      if (members) members.push({ representative, grid });
      else byCell.set(cell, [{ representative, grid }]);
    },
    find: (picture) => {
      const grid = picture.lumaGrid === undefined ? null : readGrid(picture.lumaGrid);
      const found = new Map<Representative, number>();
      if (grid === null) findByHash(gridded, picture, found);
      else if (!grid.isFlat) findByGrid(picture, grid, found);
      findByHash(bare, picture, found);
      return [...found]
        .sort(([a, x], [b, y]) => x - y || (a.pixelSha256 < b.pixelSha256 ? -1 : 1))
        .map(([representative]) => representative);
    },
  };
};

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
import type { Digest } from '@graft/contracts';
import { readGrid, type LumaGrid } from '../inspect/luma-grid.js';
import { createChains } from './chains.js';
import { createGridTable } from './grid-table.js';
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

const likeColours = (a: string | undefined, b: string | undefined): boolean =>
  a === undefined ||
  b === undefined ||
  [0, 2, 4].every(
    (at) =>
      Math.abs(Number.parseInt(a.slice(at, at + 2), 16) - Number.parseInt(b.slice(at, at + 2), 16)) <= MAX_COLOUR_STEP,
  );

export interface NearDuplicateIndex<Representative extends Picture> {
  add(representative: Representative): void;
  /** The representatives that a picture nearly equals, nearest first (then by pixel digest). */
  find(picture: Picture): Representative[];
}

/**
 * Grids by the mean luma of their quarters, in steps as wide as near-duplicates may differ: what is near lies in the same
 * cell or in one beside it, 81 in all, whatever the number of images.
 */
const STEP = 4;
const STEPS = 256 / STEP;
/** Cells share this many lists: who meets a stranger there sees at once that it is none of its cell. */
const LIST_BITS = 18;
/** By how much the cells beside one are off in each of the four quarters. */
const BESIDE = Array.from({ length: 81 }, (_, way) =>
  [way % 3, Math.floor(way / 3) % 3, Math.floor(way / 9) % 3, Math.floor(way / 27)].map((off) => off - 1),
);

/** The place of each quarter's mean among the steps. */
const placesOf = (quarters: readonly number[]): number[] => quarters.map((mean) => Math.floor(mean / STEP));

/** The list of a cell: places beside each other are spread out (multiplicative hashing, Knuth). */
const listOf = (cell: number): number => Math.imul(cell, 0x9e3779b1) >>> (32 - LIST_BITS);

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

/** Takes some hundred bytes a representative, beside what it is given. */
export const createNearDuplicateIndex = <Representative extends Picture>(): NearDuplicateIndex<Representative> => {
  const representatives: Representative[] = [];
  const grids = createGridTable();
  const byList = createChains(2 ** LIST_BITS);
  /** Of each row of `grids`. */
  const memberOfRow: number[] = [];
  // By hash: those that have no grid, and those that have one, for a picture without. Most datasets need neither.
  let bare: HashIndex | null = null;
  let gridded: HashIndex | null = null;

  const noteHash = (index: HashIndex, member: number): void => {
    const hash = representatives[member]?.perceptualHash;
    if (hash !== undefined && isTelling(hash)) index.add(hash, member);
  };
  const createGridded = (): HashIndex => {
    const index = createHashIndex();
    representatives.forEach(({ lumaGrid }, member) => {
      if (lumaGrid !== undefined) noteHash(index, member);
    });
    return index;
  };
  const findByGrid = (picture: Picture, grid: LumaGrid, found: Map<number, number>): void => {
    for (const cell of cellsBeside(placesOf(grid.quarters))) {
      byList.visit(listOf(cell), (row) => {
        const difference = grids.compare(grid, row);
        if (difference === null) return;
        const member = memberOfRow[row] ?? 0;
        if (likeColours(picture.meanColour, representatives[member]?.meanColour)) found.set(member, difference);
      });
    }
  };
  const findByHash = (index: HashIndex, picture: Picture, found: Map<number, number>): void => {
    if (!isTelling(picture.perceptualHash)) return;
    for (const [member, distance] of index.find(picture.perceptualHash)) {
      const representative = representatives[member];
      if (
        representative &&
        likeFrames(picture, representative) &&
        likeColours(picture.meanColour, representative.meanColour)
      )
        found.set(member, distance);
    }
  };

  return {
    add: (representative) => {
      const member = representatives.push(representative) - 1;
      if (representative.lumaGrid === undefined) {
        bare ??= createHashIndex();
        noteHash(bare, member);
        return;
      }
      if (gridded) noteHash(gridded, member);
      const grid = readGrid(representative.lumaGrid);
      if (grid.isFlat) return;
      byList.add(listOf(cellOf(placesOf(grid.quarters))), grids.add(grid));
      memberOfRow.push(member);
    },
    find: (picture) => {
      const found = new Map<number, number>();
      if (picture.lumaGrid === undefined) {
        gridded ??= createGridded();
        findByHash(gridded, picture, found);
      } else {
        const grid = readGrid(picture.lumaGrid);
        if (!grid.isFlat) findByGrid(picture, grid, found);
      }
      if (bare) findByHash(bare, picture, found);
      return [...found]
        .flatMap(([member, difference]) => {
          const representative = representatives[member];
          return representative ? [{ representative, difference }] : [];
        })
        .sort(
          (a, b) =>
            a.difference - b.difference || (a.representative.pixelSha256 < b.representative.pixelSha256 ? -1 : 1),
        )
        .map(({ representative }) => representative);
    },
  };
};

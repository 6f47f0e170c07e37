/**
 * A 64-bit difference hash: each bit says whether one of 9 × 8 areas of a picture is brighter than its right neighbour.
 * It survives rescaling and recompression. A flat picture hashes to nothing: such hashes tell nothing apart.
 * Source: N. Krawetz, "Kind of like that" (2013).
 */
import { averageTo, type Plane } from './luma-plane.js';

const AREAS = { width: 9, height: 8 } as const;
/** An eighth of one of 255 levels: what is left of a flat picture is rounding. */
const MIN_STEP = 1 / (8 * 255);

/** The hash of a picture's luma as 16 hex digits; the first bit is the top left one. */
export const differenceHash = (plane: Plane): string => {
  const { values } = averageTo(plane, AREAS);
  let hash = 0n;
  for (let y = 0; y < AREAS.height; y++) {
    for (let x = 0; x + 1 < AREAS.width; x++) {
      const at = y * AREAS.width + x;
      hash = (hash << 1n) | ((values[at] ?? 0) - (values[at + 1] ?? 0) > MIN_STEP ? 1n : 0n);
    }
  }
  return hash.toString(16).padStart(16, '0');
};

/** How many bits of a 32-bit integer are set. */
export const countBits = (value: number): number => {
  let v = value - ((value >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

/** A hash as two unsigned 32-bit integers. */
export const hashHalves = (hash: string): [number, number] => [
  Number.parseInt(hash.slice(0, 8), 16),
  Number.parseInt(hash.slice(8), 16),
];

/** In how many of their 64 bits two hashes differ. */
export const hammingDistance = (a: string, b: string): number => {
  const [aHigh, aLow] = hashHalves(a);
  const [bHigh, bLow] = hashHalves(b);
  return countBits(aHigh ^ bHigh) + countBits(aLow ^ bLow);
};

/** How many of a hash's 64 bits are set. */
export const setBits = (hash: string): number => hammingDistance(hash, '0'.repeat(16));

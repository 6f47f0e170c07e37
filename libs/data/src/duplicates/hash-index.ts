/** Finds difference hashes that differ in few bits, without comparing all with all. */
import { countBits, hashHalves, setBits } from '../inspect/perceptual-hash.js';
import { createChains } from './chains.js';

/** Of 64 bits. Of four bands of 16 bits, at least one is then equal: the index rests on that. */
const MAX_DISTANCE = 3;
/** A telling hash has between so many bits set and so many clear: thousands of icons share the others. */
const MIN_TELLING_BITS = 16;
const MAX_ASPECT_RATIO = 1.03;

export const isTelling = (hash: string): boolean => {
  const bits = setBits(hash);
  return bits >= MIN_TELLING_BITS && bits <= 64 - MIN_TELLING_BITS;
};

interface Frame {
  readonly width: number;
  readonly height: number;
}

/** Whether two frames have the same shape, which must be so for equal hashes to mean equal pictures. */
export const likeFrames = (a: Frame, b: Frame): boolean => {
  const ratio = (a.width * b.height) / (a.height * b.width);
  return ratio <= MAX_ASPECT_RATIO && ratio >= 1 / MAX_ASPECT_RATIO;
};

export interface HashIndex {
  /** @param item a whole number that stands for what has the hash; each once */
  add(hash: string, item: number): void;
  /** Items whose hash differs in at most 3 bits, each with the number of bits. */
  find(hash: string): Map<number, number>;
}

const BANDS = 4;
const BAND_VALUES = 0x10000;

/** The four bands of a hash, each told apart by its place. */
const bandsOf = ([high, low]: readonly [number, number]): number[] =>
  [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff].map((bits, place) => place * BAND_VALUES + bits);

/** A megabyte at once, and then 28 bytes an item. */
export const createHashIndex = (): HashIndex => {
  const chains = createChains(BANDS * BAND_VALUES);
  const items: number[] = [];
  const halves: number[] = [];
  return {
    add: (hash, item) => {
      const [high, low] = hashHalves(hash);
      bandsOf([high, low]).forEach((band, place) => chains.add(band, items.length * BANDS + place));
      items.push(item);
      halves.push(high | 0, low | 0);
    },
    find: (hash) => {
      const [high, low] = hashHalves(hash);
      const distances = new Map<number, number>();
      for (const band of bandsOf([high, low])) {
        chains.visit(band, (link) => {
          const at = Math.floor(link / BANDS);
          const distance = countBits(high ^ (halves[2 * at] ?? 0)) + countBits(low ^ (halves[2 * at + 1] ?? 0));
          const item = items[at];
          if (item !== undefined && distance <= MAX_DISTANCE) distances.set(item, distance);
        });
      }
      return distances;
    },
  };
};

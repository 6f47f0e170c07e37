/** Finds difference hashes that differ in few bits, without comparing all with all. */
import { countBits, hashHalves, setBits } from '../inspect/perceptual-hash.js';

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

export interface HashIndex<Item> {
  add(hash: string, item: Item): void;
  /** Items whose hash differs in at most 3 bits, each with the number of bits. */
  find(hash: string): Map<Item, number>;
}

interface Entry<Item> {
  readonly item: Item;
  readonly high: number;
  readonly low: number;
}

/** The four bands of a hash, each told apart by its place. */
const bandsOf = ([high, low]: readonly [number, number]): number[] =>
  [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff].map((bits, place) => place * 0x10000 + bits);

export const createHashIndex = <Item>(): HashIndex<Item> => {
  const byBand = new Map<number, Entry<Item>[]>();
  return {
    add: (hash, item) => {
      const [high, low] = hashHalves(hash);
      for (const band of bandsOf([high, low])) {
        const members = byBand.get(band);
        if (members) members.push({ item, high, low });
        else byBand.set(band, [{ item, high, low }]);
      }
    },
    find: (hash) => {
      const [high, low] = hashHalves(hash);
      const distances = new Map<Item, number>();
      for (const band of bandsOf([high, low])) {
        for (const other of byBand.get(band) ?? []) {
          const distance = countBits(high ^ other.high) + countBits(low ^ other.low);
          if (distance <= MAX_DISTANCE) distances.set(other.item, distance);
        }
      }
      return distances;
    },
  };
};

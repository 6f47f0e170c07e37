/**
 * Finds near-duplicates: the same picture scaled or compressed anew. Every image is compared with representatives alone,
 * so that a chain of small steps never joins pictures that differ.
 *
 * It errs on the side of missing one. Hashes that say little (flat pictures, shapes on an empty ground) are never
 * compared, since thousands of icons share them; the shape of the frame and the mean colour must agree as well.
 */
import type { Digest, Split } from '@graft/contracts';
import { countBits, hashHalves, setBits } from './perceptual-hash.js';

/** Of 64 bits. Of four bands of 16 bits, at least one is then equal: the index rests on that. */
const MAX_DISTANCE = 3;
/** A telling hash has between so many bits set and so many clear. */
const MIN_TELLING_BITS = 16;
const MAX_ASPECT_RATIO = 1.03;
/** Of 255, in each channel. */
const MAX_COLOUR_STEP = 8;

export interface Picture {
  readonly pixelSha256: Digest;
  readonly perceptualHash: string;
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

const isTelling = (hash: string): boolean => {
  const bits = setBits(hash);
  return bits >= MIN_TELLING_BITS && bits <= 64 - MIN_TELLING_BITS;
};

const likeColours = (a: string | undefined, b: string | undefined): boolean =>
  a === undefined ||
  b === undefined ||
  [0, 2, 4].every(
    (at) =>
      Math.abs(Number.parseInt(a.slice(at, at + 2), 16) - Number.parseInt(b.slice(at, at + 2), 16)) <= MAX_COLOUR_STEP,
  );

const likeFrames = (a: Picture, b: Picture): boolean => {
  const ratio = (a.width * b.height) / (a.height * b.width);
  return ratio <= MAX_ASPECT_RATIO && ratio >= 1 / MAX_ASPECT_RATIO;
};

export interface NearDuplicateIndex {
  add(representative: Representative): void;
  /** The representatives that a picture nearly equals, nearest first (then by pixel digest). */
  find(picture: Picture): Representative[];
}

interface Entry {
  readonly representative: Representative;
  readonly high: number;
  readonly low: number;
}

/** The four bands of a hash, each told apart by its place. */
const bandsOf = ([high, low]: readonly [number, number]): number[] =>
  [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff].map((bits, place) => place * 0x10000 + bits);

export const createNearDuplicateIndex = (): NearDuplicateIndex => {
  const byBand = new Map<number, Entry[]>();
  return {
    add: (representative) => {
      if (!isTelling(representative.perceptualHash)) return;
      const [high, low] = hashHalves(representative.perceptualHash);
      for (const band of bandsOf([high, low])) {
        const members = byBand.get(band);
        if (members) members.push({ representative, high, low });
        else byBand.set(band, [{ representative, high, low }]);
      }
    },
    find: (picture) => {
      if (!isTelling(picture.perceptualHash)) return [];
      const [high, low] = hashHalves(picture.perceptualHash);
      const distances = new Map<Representative, number>();
      for (const band of bandsOf([high, low])) {
        for (const other of byBand.get(band) ?? []) {
          const distance = countBits(high ^ other.high) + countBits(low ^ other.low);
          if (distance > MAX_DISTANCE) continue;
          const { representative } = other;
          if (likeFrames(picture, representative) && likeColours(picture.meanColour, representative.meanColour)) {
            distances.set(representative, distance);
          }
        }
      }
      return [...distances]
        .sort(([a, x], [b, y]) => x - y || (a.pixelSha256 < b.pixelSha256 ? -1 : 1))
        .map(([representative]) => representative);
    },
  };
};

/**
 * A 64-bit difference hash: each bit says whether a pixel of a 9×8 thumbnail is brighter than its right neighbour.
 * It survives rescaling and recompression. A flat picture hashes to nothing: such hashes tell nothing apart.
 * Source: N. Krawetz, "Kind of like that" (2013).
 */

export const THUMBNAIL = { width: 9, height: 8 } as const;

/** Brightness by ITU-R BT.601, in thousandths. */
const brightness = (rgb: Uint8Array, pixel: number): number =>
  299 * (rgb[pixel * 3] ?? 0) + 587 * (rgb[pixel * 3 + 1] ?? 0) + 114 * (rgb[pixel * 3 + 2] ?? 0);

/** The hash of a thumbnail (RGB8, 9×8, row by row) as 16 hex digits; the first bit is the top left one. */
export const differenceHash = (thumbnailRgb: Uint8Array): string => {
  let hash = 0n;
  for (let y = 0; y < THUMBNAIL.height; y++) {
    for (let x = 0; x + 1 < THUMBNAIL.width; x++) {
      const pixel = y * THUMBNAIL.width + x;
      hash = (hash << 1n) | (brightness(thumbnailRgb, pixel) > brightness(thumbnailRgb, pixel + 1) ? 1n : 0n);
    }
  }
  return hash.toString(16).padStart(16, '0');
};

/** The mean colour of a thumbnail (RGB8) as rrggbb. */
export const meanColourOf = (thumbnailRgb: Uint8Array): string => {
  const pixels = thumbnailRgb.length / 3;
  return [0, 1, 2]
    .map((channel) => {
      let sum = 0;
      for (let pixel = 0; pixel < pixels; pixel++) sum += thumbnailRgb[pixel * 3 + channel] ?? 0;
      return Math.round(sum / pixels)
        .toString(16)
        .padStart(2, '0');
    })
    .join('');
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

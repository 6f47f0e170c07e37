import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createNearDuplicateIndex, type Picture } from './near-duplicates.js';
import { createRandom } from '../random.js';
import { isTelling } from './hash-index.js';

/** 64 cells around a mean, and what else a picture is known by. */
const picture = (seed: number, { mean = 128, spread = 60 }: { mean?: number; spread?: number } = {}) => {
  const random = createRandom(seed + 1);
  return Uint8Array.from({ length: 64 }, () => Math.round(mean + (random() - 0.5) * 2 * spread));
};
interface Representative extends Picture {
  readonly key: string;
}
const representative = (
  name: string,
  cells: Uint8Array | null,
  more: Partial<Representative> = {},
): Representative => ({
  pixelSha256: createHash('sha256').update(name).digest('hex'),
  perceptualHash: createHash('sha256').update(`hash ${name}`).digest('hex').slice(0, 16),
  ...(cells === null ? {} : { lumaGrid: Buffer.from(cells).toString('hex') }),
  meanColour: '808080',
  ...{ width: 400, height: 300, key: name },
  ...more,
});
const findIn = (known: readonly Representative[], wanted: Representative): string[] => {
  const index = createNearDuplicateIndex<Representative>();
  for (const one of known) index.add(one);
  return index.find(wanted).map(({ key }) => key);
};
const moved = (cells: Uint8Array, by: (index: number) => number): Uint8Array =>
  cells.map((value, index) => value + by(index));

describe('createNearDuplicateIndex', () => {
  const cells = picture(1);
  const original = representative('original', cells);

  it('finds a picture whose grid is nearly the same, whatever its hash and frame', () => {
    const copy = representative(
      'copy',
      moved(cells, (i) => (i % 3) - 1),
      { width: 224, height: 224 },
    );
    expect(findIn([original, representative('other', picture(2))], copy)).toEqual(['original']);
  });
  it('lists the nearest first', () => {
    const wanted = representative('wanted', cells);
    const known = [2, 0, 1].map((step) =>
      representative(
        `off by ${step}`,
        moved(cells, (i) => (i % 2 === 0 ? step : -step)),
      ),
    );
    expect(findIn(known, wanted)).toEqual(['off by 0', 'off by 1', 'off by 2']);
  });
  it('finds every copy next to the border of an index cell', () => {
    for (let mean = 60; mean < 70; mean += 0.5) {
      const base = picture(7, { mean, spread: 50 });
      for (const step of [-3, 3]) {
        const copy = representative(
          'copy',
          moved(base, () => step),
        );
        expect(findIn([representative('base', base)], copy)).toEqual(['base']);
      }
    }
  });
  it('takes another colour, one changed corner, or other values all over for another picture', () => {
    const others = [
      representative('red', cells, { meanColour: 'a08080' }),
      representative(
        'corner',
        moved(cells, (i) => (i === 0 ? 30 : 0)),
      ),
      representative(
        'noisy',
        moved(cells, (i) => (i % 2 === 0 ? 5 : -5)),
      ),
    ];
    expect(findIn(others, original)).toEqual([]);
  });
  it('asks pictures of little contrast to agree better, and compares no flat ones', () => {
    const faint = picture(3, { spread: 12 });
    const by = (step: number) =>
      representative(
        `by ${step}`,
        moved(faint, (i) => (i % 2 === 0 ? step : -step)),
      );
    expect(findIn([by(2)], representative('faint', faint))).toEqual([]);
    expect(findIn([by(0)], representative('faint', faint))).toEqual(['by 0']);
    const blank = new Uint8Array(64).fill(250);
    expect(findIn([representative('page 1', blank)], representative('page 2', blank))).toEqual([]);
  });
  it('compares by hash, frame and colour where either has no grid', () => {
    const perceptualHash = 'f0f0aaaa3333cccc';
    const near = 'f0f0aaaa3333cccf';
    const old = representative('old', null, { perceptualHash });
    expect(findIn([old], representative('new', cells, { perceptualHash: near }))).toEqual(['old']);
    expect(findIn([representative('new', cells, { perceptualHash })], { ...old, perceptualHash: near })).toEqual([
      'new',
    ]);
    expect(findIn([old], representative('far', cells, { perceptualHash: '0f0faaaa3333cccc' }))).toEqual([]);
    expect(findIn([old], representative('wide', cells, { perceptualHash, width: 500 }))).toEqual([]);
    const says = { perceptualHash: '0000000000000001' };
    expect(findIn([representative('icon', null, says)], representative('icon 2', null, says))).toEqual([]);
  });
  it('compares with few of many: thousands of pictures, each found again among all', () => {
    const index = createNearDuplicateIndex<Representative>();
    const all = Array.from({ length: 4_000 }, (_, i) => representative(String(i), picture(i)));
    for (const one of all) index.add(one);
    expect(all.every((one) => index.find(one)[0]?.key === one.key)).toBe(true);
  });
  it('finds among thousands of hashes alone those that differ in three bits', () => {
    const index = createNearDuplicateIndex<Representative>();
    const all = Array.from({ length: 4_000 }, (_, i) => representative(String(i), null));
    for (const one of all) index.add(one);
    const flipped = (hash: string): string =>
      (BigInt(`0x${hash}`) ^ 0x8000_0001_0000_0001n).toString(16).padStart(16, '0');
    const telling = all.filter(({ perceptualHash }) => isTelling(perceptualHash) && isTelling(flipped(perceptualHash)));
    expect(telling.length).toBeGreaterThan(3_900);
    for (const one of telling)
      expect(index.find({ ...one, perceptualHash: flipped(one.perceptualHash) })[0]?.key).toBe(one.key);
  });
});

import { describe, expect, it } from '@jest/globals';
import { digestOfText } from '@graft/contracts';
import fc from 'fast-check';
import { chooseSplit, positionOf } from './splits.js';

const shares = { testShare: 0.2, valShare: 0.1 };

describe('chooseSplit', () => {
  it('reads the first 64 bits of the sha256 of the group', () => {
    // sha256("abc") = ba7816bf 8f01cfea …
    expect(positionOf('abc')).toBeCloseTo(0xba7816bf / 2 ** 32, 9);
  });
  it('follows the group where there is one, the pixels where there is none', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (group, a, b) => {
        const [x, y] = [digestOfText(a), digestOfText(b)];
        expect(chooseSplit({ group, pixelSha256: x }, shares)).toBe(chooseSplit({ group, pixelSha256: y }, shares));
        expect(chooseSplit({ group: null, pixelSha256: x }, shares)).toBe(
          chooseSplit({ group: x, pixelSha256: y }, shares),
        );
      }),
    );
  });
  it('keeps to the shares', () => {
    const counts = { train: 0, val: 0, test: 0 };
    for (let i = 0; i < 20_000; i++) counts[chooseSplit({ group: `g${i}`, pixelSha256: '' }, shares)]++;
    expect(counts.test / 20_000).toBeCloseTo(0.2, 1);
    expect(Math.abs(counts.test / 20_000 - 0.2)).toBeLessThan(0.01);
    expect(Math.abs(counts.val / 20_000 - 0.1)).toBeLessThan(0.01);
  });
  it('gives no val where its share is 0', () => {
    for (let i = 0; i < 500; i++) {
      expect(chooseSplit({ group: `g${i}`, pixelSha256: '' }, { testShare: 0.2, valShare: 0 })).not.toBe('val');
    }
  });
});

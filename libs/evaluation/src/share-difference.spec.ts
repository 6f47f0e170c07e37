import { describe, expect, it } from '@jest/globals';
import { shareDifference } from './share-difference.js';

describe('shareDifference', () => {
  // Newcombe (1998), table II, method 10.
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ])('of %d in %d and %d in %d is what Newcombe prints', (a, m, b, n, lower, upper) => {
    const found = shareDifference({ first: { successes: a, n: m }, second: { successes: b, n } });
    expect(found.value).toBeCloseTo(a / m - b / n, 12);
    expect(found.lower).toBeCloseTo(lower, 4);
    expect(found.upper).toBeCloseTo(upper, 4);
  });

  it('says nothing where one of the two was never observed', () => {
    expect(shareDifference({ first: { successes: 0, n: 0 }, second: { successes: 9, n: 10 } })).toEqual({
      ...{ value: 0, lower: -1, upper: 1, n: 0 },
    });
  });
});

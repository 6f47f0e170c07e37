/**
 * The difference of two independent shares, with an interval made of Wilson's of each: it has a width at 0 and 1, and holds for few observations.
 * Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17 (1998), method 10.
 */
import type { Interval } from '@graft/contracts';
import { wilsonInterval } from './wilson-interval.js';

export interface Share {
  readonly successes: number;
  readonly n: number;
}

/**
 * first − second. Where either has no observations, nothing is known: −1 to 1.
 * @param confidence two-sided, default 0.95
 */
export const shareDifference = ({
  first,
  second,
  confidence = 0.95,
}: {
  readonly first: Share;
  readonly second: Share;
  readonly confidence?: number;
}): Interval => {
  const n = Math.min(first.n, second.n);
  if (n === 0) return { value: 0, lower: -1, upper: 1, n };
  const one = wilsonInterval({ ...first, confidence });
  const two = wilsonInterval({ ...second, confidence });
  const value = one.value - two.value;
  return {
    value,
    lower: value - Math.hypot(one.value - one.lower, two.upper - two.value),
    upper: value + Math.hypot(one.upper - one.value, two.value - two.lower),
    n,
  };
};

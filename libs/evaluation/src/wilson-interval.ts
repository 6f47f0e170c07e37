/**
 * Wilson's score interval of a proportion: honest at 0 and at n, where the textbook interval has no width.
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
 */
import type { Interval } from '@graft/contracts';
import { twoSidedZ } from './normal-quantile.js';

/**
 * The share successes / n with its interval. Nothing observed (n = 0) says nothing: the interval is 0 to 1, the value 0.
 * @param confidence two-sided, default 0.95
 */
export const wilsonInterval = ({
  successes,
  n,
  confidence = 0.95,
}: {
  successes: number;
  n: number;
  confidence?: number;
}): Interval => {
  if (n === 0) return { value: 0, lower: 0, upper: 1, n };
  const z = twoSidedZ(confidence);
  const share = successes / n;
  const scale = 1 + (z * z) / n;
  const centre = (share + (z * z) / (2 * n)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return {
    value: share,
    // At the ends the bound is the end itself; the formula misses it by a rounding.
    lower: successes === 0 ? 0 : Math.max(0, centre - half),
    upper: successes === n ? 1 : Math.min(1, centre + half),
    n,
  };
};

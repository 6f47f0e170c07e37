/** Quantiles by linear interpolation (type 7 of Hyndman & Fan 1996: the default of R and NumPy). */

/**
 * The q-th quantile of some values, in their unit; they need no order.
 * @param q 0 to 1: 0.5 is the median
 * @throws RangeError when there are no values, or q is out of range.
 */
export const quantile = (values: readonly number[], q: number): number => {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`a quantile between 0 and 1 was expected, got ${q}`);
  const sorted = [...values].sort((a, b) => a - b);
  const position = q * (sorted.length - 1);
  const lower = sorted[Math.floor(position)];
  const upper = sorted[Math.ceil(position)];
  if (lower === undefined || upper === undefined) throw new RangeError('a quantile of no values was asked for');
  return lower + (upper - lower) * (position - Math.floor(position));
};

/**
 * The two-sample Kolmogorov–Smirnov test: whether two samples come from one distribution, whatever that is. With ties, as sizes
 * of pictures have, its p-value is too large rather than too small.
 * Sources: for small samples the exact distribution by counting paths, J. L. Hodges, "The significance probability of the Smirnov
 * two-sample test", Arkiv för Matematik 3 (1958), in the recursion that R's ks.test uses; for large ones Kolmogorov's
 * limit, W. H. Press et al., Numerical Recipes, 3rd edition, 6.14.12.
 */

/** Below this the first series needs more terms than the second, and both agree to the last digit. */
const SMALL = 1.18;
const TERMS = 30;

/** The probability that Kolmogorov's distribution exceeds a value. */
export const kolmogorovTail = (value: number): number => {
  if (value <= 0) return 1;
  let sum = 0;
  if (value < SMALL) {
    const base = Math.exp((-Math.PI * Math.PI) / (8 * value * value));
    for (let term = 1; term < TERMS; term += 2) sum += base ** (term * term);
    return Math.min(1, Math.max(0, 1 - (Math.sqrt(2 * Math.PI) / value) * sum));
  }
  for (let term = 1; term < TERMS; term++)
    sum += (term % 2 === 1 ? 2 : -2) * Math.exp(-2 * term * term * value * value);
  return Math.min(1, Math.max(0, sum));
};

const ascending = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

/** Products of the two sizes up to which paths are counted: some milliseconds. */
const MAX_PATHS = 1_000_000;
/** Below this the exact value, one less a sum, has lost its digits. */
const LEAST_EXACT = 1e-9;

/** The probability of at least this statistic with `m` and `n` values, by counting the paths that stay closer. */
const exactTail = (statistic: number, m: number, n: number): number => {
  const [few, many] = m <= n ? [m, n] : [n, m];
  // Between two possible values of the statistic, so that rounding decides nothing.
  const bound = (0.5 + Math.floor(statistic * few * many - 1e-7)) / (few * many);
  const paths = Float64Array.from({ length: many + 1 }, (_, j) => (j / many > bound ? 0 : 1));
  for (let i = 1; i <= few; i++) {
    const weight = i / (i + many);
    let before = i / few > bound ? 0 : weight * (paths[0] ?? 0);
    paths[0] = before;
    for (let j = 1; j <= many; j++) {
      const apart = i / few - j / many;
      before = apart > bound || apart < -bound ? 0 : weight * (paths[j] ?? 0) + before;
      paths[j] = before;
    }
  }
  return 1 - (paths[many] ?? 0);
};

const tailOf = (statistic: number, m: number, n: number): number => {
  if (statistic <= 0) return 1;
  const exact = m * n <= MAX_PATHS ? exactTail(statistic, m, n) : 0;
  return exact > LEAST_EXACT ? Math.min(1, exact) : kolmogorovTail(Math.sqrt((m * n) / (m + n)) * statistic);
};

/**
 * @param first at least one finite number; so `second`
 * @returns the largest distance of the two distribution functions, and the probability of one as large or larger where both
 * samples come from one distribution
 */
export const kolmogorovSmirnov = (
  first: readonly number[],
  second: readonly number[],
): { statistic: number; p: number } => {
  const [a, b] = [ascending(first), ascending(second)];
  let [i, j, statistic] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i] ?? NaN, b[j] ?? NaN);
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    statistic = Math.max(statistic, Math.abs(i / a.length - j / b.length));
  }
  return { statistic, p: tailOf(statistic, a.length, b.length) };
};

/** The middle of the values, between the two middle ones where their number is even; NaN of none. */
export const medianOf = (values: readonly number[]): number => {
  const sorted = ascending(values);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
};

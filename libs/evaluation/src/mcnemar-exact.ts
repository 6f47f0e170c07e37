/**
 * McNemar's exact test: of the images on which two models disagree, each is as likely to be right on any of them if
 * neither is better. Two-sided, conditional on the number of disagreements.
 *
 * The tail is summed from its largest term down, whose logarithm comes from the saddle-point form of the binomial
 * (C. Loader, "Fast and accurate computation of binomial probabilities", 2000): no cancellation of large logarithms,
 * so the relative error stays near 1e-14 for a hundred thousand disagreements.
 */

/** log(n!) minus Stirling's approximation of it. */
const stirlingError = (n: number): number => {
  if (n < 16) {
    let factorial = 1;
    for (let i = 2; i <= n; i++) factorial *= i;
    return n === 0 ? 0 : Math.log(factorial) - (0.5 * Math.log(2 * Math.PI * n) + n * Math.log(n) - n);
  }
  const nn = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / nn) / nn) / nn) / nn) / n;
};

/** x·log(x/mean) + mean − x, without cancellation where x is near the mean. */
const deviance = (x: number, mean: number): number => {
  if (Math.abs(x - mean) >= 0.1 * (x + mean)) return x * Math.log(x / mean) + mean - x;
  const v = (x - mean) / (x + mean);
  let sum = (x - mean) * v;
  let term = 2 * x * v;
  for (let j = 1; ; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) return sum;
    sum = next;
  }
};

/** The logarithm of the probability of k heads in n fair tosses. */
export const logFairBinomial = (k: number, n: number): number => {
  if (k === 0 || k === n) return -n * Math.LN2;
  const exponent =
    stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(k, n / 2) - deviance(n - k, n / 2);
  return exponent + 0.5 * Math.log(n / (2 * Math.PI * k * (n - k)));
};

/**
 * The two-sided p-value of as uneven a split of the disagreements as this one, or more so. 1 where nothing disagrees.
 * @param onlyFirst images that only the first model got right
 * @param onlySecond images that only the second model got right
 */
export const mcnemarExact = ({ onlyFirst, onlySecond }: { onlyFirst: number; onlySecond: number }): number => {
  const n = onlyFirst + onlySecond;
  const smaller = Math.min(onlyFirst, onlySecond);
  if (n === 0 || onlyFirst === onlySecond) return 1;
  let sum = 1;
  let term = 1;
  for (let k = smaller; k > 0; k--) {
    term *= k / (n - k + 1);
    sum += term;
    if (term < sum * 1e-18) break;
  }
  return Math.min(1, 2 * Math.exp(logFairBinomial(smaller, n) + Math.log(sum)));
};

/** The two-sample chi-square test of counts, and the tail of its distribution. */

/** log Γ(x) for x > 0. Source: Lanczos' approximation (g = 7, 9 coefficients), error about 1e-15. */
const logGamma = (x: number): number => {
  const coefficients = [
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
    -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const base = x + 6.5;
  const sum = coefficients.reduce((total, c, i) => total + c / (x + i), 0.99999999999980993);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
};

const MAX_TERMS = 10_000;

/** The lower regularized incomplete gamma function by its series: for x < a + 1. */
const lowerBySeries = (a: number, x: number): number => {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < MAX_TERMS && term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * Math.exp(a * Math.log(x) - x - logGamma(a));
};

/** The upper one by its continued fraction (Lentz's method): for x ≥ a + 1; keeps its digits far out in the tail. */
const upperByFraction = (a: number, x: number): number => {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < MAX_TERMS; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return fraction * Math.exp(a * Math.log(x) - x - logGamma(a));
};

/**
 * The probability that a chi-square variable reaches this value.
 * Source: Numerical Recipes, 6.2 (incomplete gamma function).
 */
export const chiSquareTail = (value: number, degreesOfFreedom: number): number => {
  if (value <= 0 || degreesOfFreedom < 1) return 1;
  const a = degreesOfFreedom / 2;
  const x = value / 2;
  return Math.min(1, Math.max(0, x < a + 1 ? 1 - lowerBySeries(a, x) : upperByFraction(a, x)));
};

/** Whether two rows of counts over the same classes come from one distribution. Classes that neither has don't count. */
export const twoSampleChiSquare = (
  first: readonly number[],
  second: readonly number[],
): { chiSquare: number; degreesOfFreedom: number; p: number } => {
  const m = first.reduce((sum, value) => sum + value, 0);
  const n = second.reduce((sum, value) => sum + value, 0);
  let chiSquare = 0;
  let classes = 0;
  first.forEach((a, index) => {
    const b = second[index] ?? 0;
    if (a + b === 0) return;
    classes++;
    const expectedA = ((a + b) * m) / (m + n);
    const expectedB = ((a + b) * n) / (m + n);
    chiSquare += (a - expectedA) ** 2 / expectedA + (b - expectedB) ** 2 / expectedB;
  });
  const degreesOfFreedom = Math.max(0, classes - 1);
  return { chiSquare, degreesOfFreedom, p: chiSquareTail(chiSquare, degreesOfFreedom) };
};

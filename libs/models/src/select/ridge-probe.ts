/**
 * A linear classifier by ridge regression on one-hot labels, in closed form: what frozen features are worth, without a training
 * that would have to be tuned. Its strength is chosen by leave-one-out, which costs no second fit.
 *
 * Sources: R. Rifkin, R. Lippert, "Notes on regularized least squares", MIT-CSAIL-TR-2007-025 (leave-one-out from the
 * inverse of the kernel); linear probes: G. Alain, Y. Bengio, arXiv:1610.01644.
 */
import { dot, factorize, solve } from './cholesky.js';
import { centredTargets, largestOf, leaveOneOut } from './leave-one-out.js';

/** Rows of a matrix with their classes; features are standardized by whoever fits. */
export interface ProbeRows {
  /** Row-major [rows, length]. */
  readonly features: Float64Array;
  readonly length: number;
  /** Class of each row, 0 … classes − 1. */
  readonly labels: readonly number[];
  readonly classes: number;
}

export interface FittedProbe {
  /** The chosen strength, where the squares of a row's standardized features sum up to 1 on average. */
  readonly ridge: number;
  /** The classes that it names for rows of raw features, [rows, length]. */
  predict(features: Float64Array): number[];
}

/** From nearly none to hardly more than the mean of each label. */
const RIDGES = [0.03, 0.1, 0.3, 1, 3, 10, 30];
/**
 * The strength is chosen on so many rows at most: it stands for the ratio of two variances (noise to weights), which does not
 * depend on how many rows there are, and leave-one-out costs their cube.
 */
const MOST_CHOOSING_ROWS = 512;

interface Standardization {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Mean, and 1 / (standard deviation · √length); 0 for what never changes. */
const standardizationOf = ({ features, length, labels }: ProbeRows): Standardization => {
  const rows = labels.length;
  const mean = new Float64Array(length);
  const scale = new Float64Array(length);
  for (let row = 0; row < rows; row += 1)
    for (let k = 0; k < length; k += 1) mean[k] = (mean[k] as number) + (features[row * length + k] as number) / rows;
  for (let row = 0; row < rows; row += 1)
    for (let k = 0; k < length; k += 1) {
      const deviation = (features[row * length + k] as number) - (mean[k] as number);
      scale[k] = (scale[k] as number) + (deviation * deviation) / rows;
    }
  for (let k = 0; k < length; k += 1) {
    const variance = scale[k] as number;
    // Rounding alone leaves a trace of variance in what is constant.
    const isConstant = variance <= 1e-12 * (1 + (mean[k] as number) ** 2);
    scale[k] = isConstant ? 0 : 1 / (variance * length) ** 0.5;
  }
  return { mean, scale };
};

const standardize = (features: Float64Array, length: number, { mean, scale }: Standardization): Float64Array => {
  const out = new Float64Array(features.length);
  for (let at = 0; at < features.length; at += length)
    for (let k = 0; k < length; k += 1)
      out[at + k] = ((features[at + k] as number) - (mean[k] as number)) * (scale[k] as number);
  return out;
};

/** Lower half of X Xᵀ, [rows, rows], two rows by two at a time: each number that is read is used twice. */
const gram = (x: Float64Array, rows: number, length: number): Float64Array => {
  const out = new Float64Array(rows * rows);
  const pairs = rows - (rows % 2);
  for (let i = 0; i < pairs; i += 2) {
    const a = i * length;
    for (let j = 0; j <= i; j += 2) {
      const b = j * length;
      let [s00, s01, s10, s11] = [0, 0, 0, 0];
      for (let k = 0; k < length; k += 1) {
        const a0 = x[a + k] as number;
        const a1 = x[a + length + k] as number;
        const b0 = x[b + k] as number;
        const b1 = x[b + length + k] as number;
        s00 += a0 * b0;
        s01 += a0 * b1;
        s10 += a1 * b0;
        s11 += a1 * b1;
      }
      out[i * rows + j] = s00;
      out[i * rows + j + 1] = s01;
      out[(i + 1) * rows + j] = s10;
      out[(i + 1) * rows + j + 1] = s11;
    }
  }
  if (pairs < rows)
    for (let j = 0; j < rows; j += 1) out[pairs * rows + j] = dot(x, pairs * length, x, j * length, length);
  return out;
};

const transpose = (x: Float64Array, rows: number, length: number): Float64Array => {
  const out = new Float64Array(x.length);
  for (let row = 0; row < rows; row += 1)
    for (let k = 0; k < length; k += 1) out[k * rows + row] = x[row * length + k] as number;
  return out;
};

/** The strength with the fewest leave-one-out mistakes, of several the one with the least squared error. */
const chooseRidge = (kernel: Float64Array, of: Pick<ProbeRows, 'labels' | 'classes'>): number => {
  let best = { ridge: 1, wrong: Infinity, squares: Infinity };
  for (const ridge of RIDGES) {
    const { wrong, squares } = leaveOneOut(kernel, of, ridge);
    if (wrong < best.wrong || (wrong === best.wrong && squares < best.squares)) best = { ridge, wrong, squares };
  }
  return best.ridge;
};

/** So many rows, evenly over all of them: their order says nothing. With a mean of its own, which leave-one-out takes for zero. */
const sampleOf = (x: Float64Array, length: number, labels: readonly number[], size: number) => {
  const chosen = Array.from({ length: size }, (_, at) => Math.floor((at * labels.length) / size));
  const sample = new Float64Array(size * length);
  for (const [at, row] of chosen.entries()) sample.set(x.subarray(row * length, (row + 1) * length), at * length);
  for (let k = 0; k < length; k += 1) {
    let sum = 0;
    for (let at = k; at < sample.length; at += length) sum += sample[at] as number;
    for (let at = k; at < sample.length; at += length) sample[at] = (sample[at] as number) - sum / size;
  }
  return { sample, labels: chosen.map((row) => labels[row] ?? 0) };
};

/** Strength, and weights [classes, length] by the smaller of the two equivalent systems: of rows, or of features. */
const fit = (x: Float64Array, { length, labels, classes }: ProbeRows): { ridge: number; weights: Float64Array } => {
  const rows = labels.length;
  const { targets } = centredTargets(labels, classes);
  const columns = transpose(x, rows, length);
  /** [classes, rows] onto features. */
  const project = (of: Float64Array): Float64Array => {
    const out = new Float64Array(classes * length);
    for (let label = 0; label < classes; label += 1)
      for (let k = 0; k < length; k += 1) out[label * length + k] = dot(columns, k * rows, of, label * rows, rows);
    return out;
  };
  const byRows = (kernel: Float64Array, ridge: number): Float64Array =>
    project(solve(factorize(kernel, rows, ridge), rows, targets));

  if (rows <= MOST_CHOOSING_ROWS) {
    const kernel = gram(x, rows, length);
    const ridge = chooseRidge(kernel, { labels, classes });
    return { ridge, weights: byRows(kernel, ridge) };
  }
  const chosen = sampleOf(x, length, labels, MOST_CHOOSING_ROWS);
  const kernel = gram(chosen.sample, MOST_CHOOSING_ROWS, length);
  const ridge = chooseRidge(kernel, { labels: chosen.labels, classes });
  const weights =
    rows <= length
      ? byRows(gram(x, rows, length), ridge)
      : solve(factorize(gram(columns, length, rows), length, ridge), length, project(targets));
  return { ridge, weights };
};

/**
 * Fits the probe on rows of raw features. Deterministic. Costs about rows² · length / 2 multiplications (or length² · rows / 2,
 * where that is less), and 7 · rows³ / 3 for up to 512 rows.
 */
export const fitRidgeProbe = (rows: ProbeRows): FittedProbe => {
  const { length, labels, classes } = rows;
  const standardization = standardizationOf(rows);
  const x = standardize(rows.features, length, standardization);
  const { ridge, weights } = fit(x, rows);
  const { means } = centredTargets(labels, classes);
  return {
    ridge,
    predict: (features) => {
      const standardized = standardize(features, length, standardization);
      return Array.from({ length: features.length / length }, (_, row) =>
        largestOf(
          (label) => (means[label] as number) + dot(weights, label * length, standardized, row * length, length),
          classes,
        ),
      );
    },
  };
};

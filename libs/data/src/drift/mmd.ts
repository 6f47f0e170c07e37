/**
 * Maximum mean discrepancy between two samples of features, with a permutation test.
 * Source: A. Gretton et al., "A kernel two-sample test", JMLR 13 (2012): the unbiased statistic with an RBF kernel whose
 * bandwidth is the median distance of the pooled sample.
 */
import { shuffle, type Random } from '../random.js';

/** Rows of float32 features, row-major. */
export interface Rows {
  readonly values: Float32Array;
  readonly rows: number;
  readonly length: number;
}

/** Squared Euclidean distances between all rows: [rows, rows], symmetric, 0 on the diagonal. */
export const squaredDistances = ({ values, rows, length }: Rows): Float64Array => {
  const distances = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    const a = values.subarray(i * length, (i + 1) * length);
    for (let j = i + 1; j < rows; j++) {
      const start = j * length;
      let sum = 0;
      for (let k = 0; k < length; k++) {
        const difference = (a[k] ?? 0) - (values[start + k] ?? 0);
        sum += difference * difference;
      }
      distances[i * rows + j] = sum;
      distances[j * rows + i] = sum;
    }
  }
  return distances;
};

/** The median of the distances above the diagonal; 1 where all rows are equal. */
const medianOf = (distances: Float64Array, rows: number): number => {
  const above = new Float64Array((rows * (rows - 1)) / 2);
  let at = 0;
  for (let i = 0; i < rows; i++) for (let j = i + 1; j < rows; j++) above[at++] = distances[i * rows + j] ?? 0;
  above.sort();
  return above[Math.floor(above.length / 2)] || 1;
};

/** exp(−d² / 2σ²) in place of each squared distance, σ² being their median; the diagonal is 0, as the statistic leaves it out. */
const kernelOf = (distances: Float64Array, rows: number): Float64Array => {
  const scale = 2 * medianOf(distances, rows);
  const kernel = distances.map((squared) => Math.exp(-squared / scale));
  for (let i = 0; i < rows; i++) kernel[i * rows + i] = 0;
  return kernel;
};

/** The statistic for one assignment of rows to sides; `side[i]` is 1 for the first sample, 0 for the second. */
const statisticOf = (kernel: Float64Array, side: Uint8Array, m: number): number => {
  const rows = side.length;
  const n = rows - m;
  let within = 0;
  let across = 0;
  let other = 0;
  for (let i = 0; i < rows; i++) {
    let first = 0;
    let second = 0;
    const row = i * rows;
    for (let j = i + 1; j < rows; j++) {
      const value = kernel[row + j] ?? 0;
      if (side[j] === 1) first += value;
      else second += value;
    }
    if (side[i] === 1) {
      within += first;
      across += second;
    } else {
      across += first;
      other += second;
    }
  }
  return (2 * within) / (m * (m - 1)) + (2 * other) / (n * (n - 1)) - (2 * across) / (m * n);
};

/**
 * Whether the first `m` rows and the rest come from one distribution.
 * @param distances squared distances of all rows
 * @returns MMD² (about 0 for equal distributions, and below it as often as above), and the share of permutations that
 * reach it, the sample itself counted, so that p is never 0
 */
export const mmdTest = ({
  distances,
  rows,
  m,
  permutations,
  random,
}: {
  distances: Float64Array;
  rows: number;
  m: number;
  permutations: number;
  random: Random;
}): { statistic: number; p: number } => {
  const kernel = kernelOf(distances, rows);
  const side = new Uint8Array(rows).fill(1, 0, m);
  const statistic = statisticOf(kernel, side, m);
  let reached = 1;
  for (let i = 0; i < permutations; i++) {
    if (statisticOf(kernel, shuffle(side, random), m) >= statistic - 1e-12) reached++;
  }
  return { statistic, p: reached / (permutations + 1) };
};

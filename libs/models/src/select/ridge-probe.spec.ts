import { describe, expect, it } from '@jest/globals';
import { createRandom } from '../random.js';
import { factorize, inverseDiagonal, solve } from './cholesky.js';
import { leaveOneOut } from './leave-one-out.js';
import { fitRidgeProbe } from './ridge-probe.js';

const random = createRandom(5);

/** A positive definite [n, n] matrix. */
const definite = (n: number): Float64Array => {
  const root = Float64Array.from({ length: n * n }, () => random.normal());
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j < n; j += 1)
      for (let k = 0; k < n; k += 1)
        a[i * n + j] = (a[i * n + j] ?? 0) + (root[i * n + k] ?? 0) * (root[j * n + k] ?? 0);
  return a;
};

const centred = (rows: number[][]): number[][] => {
  const means = (rows[0] ?? []).map((_, k) => rows.reduce((sum, row) => sum + (row[k] ?? 0), 0) / rows.length);
  return rows.map((row) => row.map((value, k) => value - (means[k] ?? 0)));
};

describe('Cholesky', () => {
  it('solves a system, and gives the diagonal of the inverse', () => {
    const n = 13;
    const a = definite(n);
    const lower = factorize(a, n, 0.5);
    const shifted = (i: number, k: number): number => (a[i * n + k] ?? 0) + (i === k ? 0.5 : 0);
    const identity = Float64Array.from({ length: n * n }, (_, at) => (Math.floor(at / n) === at % n ? 1 : 0));
    const inverse = solve(lower, n, identity);
    for (let i = 0; i < n; i += 1)
      for (let j = 0; j < n; j += 1) {
        let sum = 0;
        for (let k = 0; k < n; k += 1) sum += shifted(i, k) * (inverse[k * n + j] ?? 0);
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 8);
      }
    inverseDiagonal(lower, n).forEach((value, i) => expect(value).toBeCloseTo(inverse[i * n + i] ?? NaN, 8));
  });

  it('says where a matrix is not positive definite', () => {
    expect(() => factorize(Float64Array.of(1, 0, 0, -2), 2, 1)).toThrow(/not positive definite/);
  });
});

describe('a ridge probe', () => {
  const rows = 40;
  const length = 6;
  const labels = Array.from({ length: rows }, (_, row) => row % 2);
  const features = Float64Array.from(
    { length: rows * length },
    (_, at) => random.normal() + (at % length === 0 && Math.floor(at / length) % 2 === 0 ? 1.2 : 0),
  );

  it('does not change when a feature is scaled or moved, nor by one that is constant', () => {
    const probe = fitRidgeProbe({ features, length, labels, classes: 2 });
    const scaled = features.map((value, at) => (at % length === 2 ? 1000 * value - 3 : value));
    const moved = fitRidgeProbe({ features: scaled, length, labels, classes: 2 });
    expect(moved.predict(scaled)).toEqual(probe.predict(features));
    const constant = features.map((value, at) => (at % length === 5 ? 0.1 : value));
    expect(fitRidgeProbe({ features: constant, length, labels, classes: 2 }).predict(constant)).toHaveLength(rows);
  });
});

describe('leave-one-out', () => {
  it('says what fits without each row in turn say', () => {
    const [rows, length, ridge] = [14, 4, 0.7];
    const labels = Array.from({ length: rows }, (_, row) => row % 3);
    const x = centred(
      Array.from({ length: rows }, (_, row) =>
        Array.from({ length }, (_, k) => random.normal() + (k === row % 3 ? 1 : 0)),
      ),
    );
    const kernel = Float64Array.from(
      x.flatMap((a) => x.map((b) => a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0))),
    );
    let [wrong, squares] = [0, 0];
    for (let out = 0; out < rows; out += 1) {
      const kept = labels.flatMap((_, row) => (row === out ? [] : [row]));
      const means = [0, 1, 2].map((label) => kept.filter((row) => labels[row] === label).length / kept.length);
      const centre = Array.from(
        { length },
        (_, k) => kept.reduce((sum, row) => sum + (x[row]?.[k] ?? 0), 0) / kept.length,
      );
      const moved = kept.map((row) => centre.map((mean, k) => (x[row]?.[k] ?? 0) - mean));
      // Normal equations of the features: (XᵀX + ridge) w = Xᵀy.
      const normal = Float64Array.from(
        centre.flatMap((_, i) =>
          centre.map((_, j) => moved.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)),
        ),
      );
      const scores = [0, 1, 2].map((label) => {
        const right = centre.map((_, k) =>
          moved.reduce(
            (sum, row, at) => sum + (row[k] ?? 0) * ((labels[kept[at] ?? 0] === label ? 1 : 0) - (means[label] ?? 0)),
            0,
          ),
        );
        const weights = solve(factorize(normal, length, ridge), length, Float64Array.from(right));
        return centre.reduce(
          (sum, mean, k) => sum + ((x[out]?.[k] ?? 0) - mean) * (weights[k] ?? 0),
          means[label] ?? 0,
        );
      });
      if (scores.indexOf(Math.max(...scores)) !== labels[out]) wrong += 1;
      squares += scores.reduce((sum, score, label) => sum + (score - (labels[out] === label ? 1 : 0)) ** 2, 0);
    }
    const found = leaveOneOut(kernel, { labels, classes: 3 }, ridge);
    expect(found.wrong).toBe(wrong);
    expect(found.squares).toBeCloseTo(squares, 8);
  });
});

/**
 * Symmetric positive definite systems by Cholesky's factorization. Matrices are row-major, and every inner loop runs along
 * rows, so that it is as fast as plain loops get.
 */

/** Σ a[i] b[i] over `length` numbers; four sums side by side, which don't wait for each other. */
export const dot = (a: Float64Array, aOffset: number, b: Float64Array, bOffset: number, length: number): number => {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let at = 0;
  for (; at + 3 < length; at += 4) {
    s0 += (a[aOffset + at] as number) * (b[bOffset + at] as number);
    s1 += (a[aOffset + at + 1] as number) * (b[bOffset + at + 1] as number);
    s2 += (a[aOffset + at + 2] as number) * (b[bOffset + at + 2] as number);
    s3 += (a[aOffset + at + 3] as number) * (b[bOffset + at + 3] as number);
  }
  for (; at < length; at += 1) s0 += (a[aOffset + at] as number) * (b[bOffset + at] as number);
  return s0 + s1 + (s2 + s3);
};

/**
 * The lower factor L of A + shift·I = L Lᵀ, above whose diagonal nothing is written.
 * @param a [n, n]; its lower half is read.
 * @throws RangeError where A + shift·I isn't positive definite to rounding.
 */
export const factorize = (a: Float64Array, n: number, shift: number): Float64Array => {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const rest = (a[i * n + j] as number) - dot(lower, i * n, lower, j * n, j);
      lower[i * n + j] = rest / (lower[j * n + j] as number);
    }
    const square = (a[i * n + i] as number) + shift - dot(lower, i * n, lower, i * n, i);
    if (!(square > 0)) throw new RangeError(`not positive definite: ${square} at ${i} of ${n}`);
    lower[i * n + i] = square ** 0.5;
  }
  return lower;
};

/** Solves L Lᵀ X = B. @param b right-hand sides one a row, [count, n]. @returns X in the same layout. */
export const solve = (lower: Float64Array, n: number, b: Float64Array): Float64Array => {
  const x = Float64Array.from(b);
  const count = b.length / n;
  for (let row = 0; row < count; row += 1) {
    const at = row * n;
    for (let i = 0; i < n; i += 1) {
      x[at + i] = ((x[at + i] as number) - dot(lower, i * n, x, at, i)) / (lower[i * n + i] as number);
    }
    // Lᵀ from its last row up: what is found is taken out of what is left, which again runs along rows of L.
    for (let i = n - 1; i >= 0; i -= 1) {
      const found = (x[at + i] as number) / (lower[i * n + i] as number);
      x[at + i] = found;
      for (let k = 0; k < i; k += 1) x[at + k] = (x[at + k] as number) - (lower[i * n + k] as number) * found;
    }
  }
  return x;
};

/** The diagonal of (L Lᵀ)⁻¹, [n]: squared lengths of the columns of L⁻¹. */
export const inverseDiagonal = (lower: Float64Array, n: number): Float64Array => {
  const diagonal = new Float64Array(n);
  const column = new Float64Array(n);
  for (let j = 0; j < n; j += 1) {
    let square = 0;
    for (let i = j; i < n; i += 1) {
      const rest = (i === j ? 1 : 0) - dot(lower, i * n + j, column, j, i - j);
      const value = rest / (lower[i * n + i] as number);
      column[i] = value;
      square += value * value;
    }
    diagonal[j] = square;
  }
  return diagonal;
};

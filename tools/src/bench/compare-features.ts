/** Whether contestants computed the same thing: the cosine of their feature vectors, image by image. */
import { AppError } from '@graft/contracts';

const cosine = (a: Float32Array, b: Float32Array): number => {
  let [dot, lengthA, lengthB] = [0, 0, 0];
  for (let index = 0; index < a.length; index += 1) {
    const [x, y] = [a[index] ?? 0, b[index] ?? 0];
    dot += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return dot / Math.sqrt(lengthA * lengthB);
};

/**
 * One cosine a row of two row-major float32 tables.
 * @throws AppError `internal` when they differ in size.
 */
export const rowCosines = (a: Float32Array, b: Float32Array, rows: number): number[] => {
  const length = a.length / rows;
  if (a.length !== b.length || !Number.isInteger(length)) {
    throw new AppError('internal', `expected two tables of ${rows} rows, got ${a.length} and ${b.length} numbers`);
  }
  return Array.from({ length: rows }, (_, row) =>
    cosine(a.subarray(row * length, (row + 1) * length), b.subarray(row * length, (row + 1) * length)),
  );
};

/** A file of little-endian float32. */
export const toFloats = (bytes: Uint8Array): Float32Array => new Float32Array(Uint8Array.from(bytes).buffer);

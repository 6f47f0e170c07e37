/** Examples that are activations at a cut, in one flat file: rows of equal length, one after another. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { AppError } from '@graft/contracts';
import { fromFloat16 } from '../checkpoint/float16.js';
import { elementsOf } from '../graph/infer-shapes.js';
import type { Examples } from './examples.js';

export interface ActivationFile {
  readonly path: string;
  /** Of one row, as embedders give it and caches keep it: [channels, height, width], or [length]. */
  readonly shape: readonly number[];
  /** Little-endian; `float16` is IEEE 754's binary16. */
  readonly storage: 'float32' | 'float16';
}

const BYTES = { float32: 4, float16: 2 } as const;

/** One row's numbers to where they belong: maps [c, h, w] become [h, w, c]. */
const createWriter = (shape: readonly number[]): ((row: ArrayLike<number>, to: Float32Array, at: number) => void) => {
  const [channels = 1, height = 1, width = 1] = shape;
  const plane = height * width;
  if (plane === 1)
    return (row, to, at) => {
      to.set(row, at);
    };
  return (row, to, at) => {
    // Channels outermost: the row is read in one go, and what is written stays in the cache.
    for (let channel = 0, from = 0; channel < channels; channel += 1)
      for (let pixel = 0, into = at + channel; pixel < plane; pixel += 1, from += 1, into += channels)
        to[into] = row[from] ?? 0;
  };
};

/**
 * Reads rows by their position; no more of the file is held than the batch that is asked for. Reading is synchronous: rows
 * lie in the system's file cache, where a call costs microseconds and a promise would cost more.
 * The epoch changes nothing: activations have one view.
 * @param options.labels class of each row.
 * @throws AppError `corrupt` when the file isn't as long as its rows.
 */
export const activationExamples = ({
  path,
  shape,
  storage,
  labels,
}: ActivationFile & { readonly labels: Int32Array }): Examples & { close(): void } => {
  const length = elementsOf(shape);
  const rowBytes = length * BYTES[storage];
  const file = openSync(path, 'r');
  const { size } = fstatSync(file);
  if (size !== rowBytes * labels.length) {
    closeSync(file);
    throw new AppError(
      'corrupt',
      `${path}: expected ${labels.length} rows of ${storage} [${shape.join(', ')}], ${rowBytes * labels.length} bytes; it has ${size}`,
    );
  }
  const bytes = new Uint8Array(rowBytes);
  const numbers =
    storage === 'float16'
      ? (): Float32Array => fromFloat16(new Uint16Array(bytes.buffer))
      : (): Float32Array => new Float32Array(bytes.buffer);
  const readRow = (row: number): Float32Array => {
    const read = readSync(file, bytes, 0, rowBytes, row * rowBytes);
    if (read !== rowBytes) throw new AppError('corrupt', `${path}: row ${row} has ${read} of ${rowBytes} bytes`);
    return numbers();
  };
  const write = createWriter(shape);
  const [channels = 1, height, width] = shape;
  return {
    labels,
    shape: height === undefined || width === undefined ? [channels] : [height, width, channels],
    read: (rows) => {
      const values = new Float32Array(rows.length * length);
      rows.forEach((row, index) => write(readRow(row), values, index * length));
      return Promise.resolve(values);
    },
    close: () => closeSync(file),
  };
};

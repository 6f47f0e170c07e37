/** Tensors as the Open Inference Protocol writes them in JSON. */
import { AppError } from '@graft/contracts';

const invalid = (message: string): AppError => new AppError('invalid_request', message);

/** Writes nested arrays of the given shape, or one flat array in row-major order, into `target`. */
const fill = (data: readonly unknown[], shape: readonly number[], target: Float32Array, at: string): void => {
  let offset = 0;
  const write = (value: unknown): void => {
    // JSON has no NaN, but a number beyond float32 would become Infinity.
    if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) {
      throw invalid(`${at}: element ${offset} is not a number of float32`);
    }
    target[offset] = value;
    offset += 1;
  };
  const descend = (values: unknown, axis: number): void => {
    const size = shape[axis] ?? 0;
    if (!Array.isArray(values) || values.length !== size) {
      const found = Array.isArray(values) ? `${values.length} elements` : 'no array';
      throw invalid(`${at}: expected ${size} elements on axis ${axis}, got ${found}`);
    }
    if (axis === shape.length - 1) values.forEach(write);
    else for (const value of values) descend(value, axis + 1);
  };
  if (Array.isArray(data[0])) return descend(data, 0);
  if (data.length !== target.length) {
    throw invalid(`${at}: shape [${shape.join(', ')}] has ${target.length} elements, got ${data.length}`);
  }
  data.forEach(write);
};

export interface JsonTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: readonly unknown[];
}

/** What a model takes: −1 stands for the batch. */
export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
}

/**
 * The values of an input tensor, and how many images they are.
 * @throws AppError `invalid_request` that says what was expected and what came.
 */
export const readInput = (
  tensor: JsonTensor,
  expected: ExpectedTensor,
  { maxBatch }: { maxBatch: number },
): { values: Float32Array; batch: number } => {
  const at = `input ${tensor.name}`;
  const wanted = `${expected.datatype} [${expected.shape.join(', ').replace('-1', 'n')}]`;
  const got = `${tensor.datatype} [${tensor.shape.join(', ')}]`;
  const fits =
    tensor.datatype === expected.datatype &&
    tensor.shape.length === expected.shape.length &&
    expected.shape.every((size, axis) => size === -1 || size === tensor.shape[axis]);
  if (!fits) throw invalid(`${at}: expected ${wanted}, got ${got}`);
  const [batch = 0] = tensor.shape;
  if (batch < 1 || batch > maxBatch) throw invalid(`${at}: expected 1 to ${maxBatch} images, got ${batch}`);
  const values = new Float32Array(tensor.shape.reduce((product, size) => product * size, 1));
  fill(tensor.data, tensor.shape, values, at);
  return { values, batch };
};

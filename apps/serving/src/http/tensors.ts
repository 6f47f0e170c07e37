/** Tensors as the Open Inference Protocol writes them: in JSON, or as raw little-endian bytes behind it. */
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

export interface RequestTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  readonly data?: readonly unknown[] | undefined;
}

/** What a model takes: −1 stands for the batch. */
export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
}

const BYTES_PER_VALUE = Float32Array.BYTES_PER_ELEMENT;

/** A view of the bytes where they lie on a boundary of four, else a copy. */
const toFloat32 = (bytes: Uint8Array): Float32Array => {
  const isAligned = bytes.byteOffset % BYTES_PER_VALUE === 0;
  const { buffer, byteOffset, byteLength } = isAligned ? bytes : new Uint8Array(bytes);
  return new Float32Array(buffer, byteOffset, byteLength / BYTES_PER_VALUE);
};

/** Many times as fast as a test of each: 0 times a number is 0, unless it is infinite or none. */
const areFinite = (values: Float32Array): boolean => {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += (values[index] ?? 0) * 0;
  return sum === 0;
};

const fromBytes = (tensor: RequestTensor, size: unknown, bytes: Uint8Array, length: number, at: string) => {
  if (tensor.data !== undefined) throw invalid(`${at}: has both data and binary_data_size; one of them is enough`);
  if (size !== bytes.length) {
    throw invalid(`${at}: binary_data_size is ${String(size)}, but ${bytes.length} bytes follow the JSON`);
  }
  const expected = length * BYTES_PER_VALUE;
  if (size !== expected) {
    throw invalid(`${at}: shape [${tensor.shape.join(', ')}] of FP32 takes ${expected} bytes, got ${size}`);
  }
  const values = toFloat32(bytes);
  if (!areFinite(values)) {
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    throw invalid(`${at}: element ${wrong} is not a finite number of little-endian float32`);
  }
  return values;
};

const fromJson = (tensor: RequestTensor, bytes: Uint8Array, length: number, at: string): Float32Array => {
  if (tensor.data === undefined) throw invalid(`${at}: has neither data nor the parameter binary_data_size`);
  if (bytes.length > 0) throw invalid(`${at}: ${bytes.length} bytes follow the JSON, but it has no binary_data_size`);
  const values = new Float32Array(length);
  fill(tensor.data, tensor.shape, values, at);
  return values;
};

/** Extensions of other servers: left unheard, the answer would be to another question. */
const refuseParameters = (parameters: Readonly<Record<string, unknown>> | undefined, at: string): void => {
  const unknown = ['shared_memory_region', 'classification'].find((name) => parameters?.[name] !== undefined);
  if (unknown !== undefined) throw invalid(`${at}: the parameter ${unknown} is not supported here`);
};

/**
 * The values of an input tensor, and how many images they are.
 * @param tensorBytes all that follows the JSON; a view of it may be what is returned.
 * @throws AppError `invalid_request` that says what was expected and what came.
 */
export const readInput = (
  tensor: RequestTensor,
  tensorBytes: Uint8Array,
  expected: ExpectedTensor,
  { maxBatch }: { maxBatch: number },
): { values: Float32Array; batch: number } => {
  const at = `input ${tensor.name}`;
  refuseParameters(tensor.parameters, at);
  const wanted = `${expected.datatype} [${expected.shape.join(', ').replace('-1', 'n')}]`;
  const got = `${tensor.datatype} [${tensor.shape.join(', ')}]`;
  const fits =
    tensor.datatype === expected.datatype &&
    tensor.shape.length === expected.shape.length &&
    expected.shape.every((size, axis) => size === -1 || size === tensor.shape[axis]);
  if (!fits) throw invalid(`${at}: expected ${wanted}, got ${got}`);
  const [batch = 0] = tensor.shape;
  if (batch < 1 || batch > maxBatch) throw invalid(`${at}: expected 1 to ${maxBatch} images, got ${batch}`);
  const length = tensor.shape.reduce((product, size) => product * size, 1);
  const size = tensor.parameters?.['binary_data_size'];
  const values =
    size === undefined ? fromJson(tensor, tensorBytes, length, at) : fromBytes(tensor, size, tensorBytes, length, at);
  return { values, batch };
};

export interface OutputTensor {
  readonly name: string;
  /** Row-major [batch, …]. */
  readonly values: Float32Array;
  readonly batch: number;
  readonly isBinary: boolean;
}

/** How an answer names a tensor: with its numbers, or with how many bytes of the tail are its. */
export const describeOutput = ({ name, values, batch, isBinary }: OutputTensor) => ({
  name,
  shape: [batch, values.length / batch],
  datatype: 'FP32',
  ...(isBinary ? { parameters: { binary_data_size: values.byteLength } } : { data: Array.from(values) }),
});

export interface RequestedOutput {
  readonly name: string;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** @param byDefault the request's `binary_data_output`. */
export const isBinaryOutput = ({ name, parameters }: RequestedOutput, byDefault: unknown): boolean => {
  refuseParameters(parameters, `output ${name}`);
  const { binary_data: asked = byDefault ?? false } = parameters ?? {};
  if (typeof asked !== 'boolean')
    throw invalid(`output ${name}: expected binary_data true or false, got ${String(asked)}`);
  return asked;
};

/** JSON, then the bytes of each tensor that is binary, in order. */
export const encodeBinaryResponse = (
  answer: object,
  outputs: readonly OutputTensor[],
): { readonly body: Buffer; readonly jsonBytes: number } => {
  const json = Buffer.from(JSON.stringify(answer));
  const tails = outputs
    .filter(({ isBinary }) => isBinary)
    .map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return { body: Buffer.concat([json, ...tails]), jsonBytes: json.length };
};

/** A tensor as a checkpoint holds it, whatever file format it came from. */
import { AppError } from '@graft/contracts';

/** safetensors' names of element types; F16 and BF16 are kept as their 16 bits. */
export const ELEMENT_TYPES = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;
export type ElementType = keyof typeof ELEMENT_TYPES;
/** Over memory of any kind: what a caller hands over to be written need not be its own. */
export type TensorData =
  Float64Array | Float32Array | Uint16Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array;

export interface CheckpointTensor {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  /** Row-major, in memory of its own. */
  readonly data: TensorData;
}

/** The largest network of the catalog has 1,500; a file with more than this is made to be expensive. */
export const MAX_TENSORS = 65_536;

/** Tensors by name, in the file's order. */
export type Checkpoint = ReadonlyMap<string, CheckpointTensor>;

export const isElementType = (value: unknown): value is ElementType =>
  typeof value === 'string' && Object.hasOwn(ELEMENT_TYPES, value);

export const bytesPerElement = (dtype: ElementType): number => ELEMENT_TYPES[dtype].BYTES_PER_ELEMENT;

const MAX_SHOWN = 500;

/** A name in a stranger's file may be of any length and hold anything; a message is for a person's terminal. */
const shorten = (text: string): string => {
  const plain = text.slice(0, MAX_SHOWN).replaceAll(/\p{Cc}/gu, '\uFFFD');
  return text.length > MAX_SHOWN ? `${plain}…` : plain;
};

/** @throws AppError `checkpoint_unfit`, always. */
export const refuse = (what: string, details: Readonly<Record<string, unknown>> = {}): never => {
  const shown = Object.entries(details).map(([key, value]) => [
    key,
    typeof value === 'string' ? shorten(value) : value,
  ]);
  throw new AppError('checkpoint_unfit', `this checkpoint can't be read: ${shorten(what)}`, {
    details: Object.fromEntries(shown) as Readonly<Record<string, unknown>>,
  });
};

/** Names that would mean something else to an object than "a key". */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** @throws AppError `checkpoint_unfit` for a name that no network gives a tensor. */
export const checkTensorName = (name: string): string =>
  RESERVED_NAMES.has(name) || name.length > MAX_SHOWN || /\p{Cc}/u.test(name)
    ? refuse(`it names a tensor "${name}"`, { name })
    : name;

/**
 * How many elements a shape has.
 * @throws AppError `checkpoint_unfit` when a size isn't a whole number ≥ 0 or the product can't be a file's.
 */
export const countElements = (name: string, shape: readonly number[]): number => {
  if (shape.length > 16) refuse(`"${name}" has ${shape.length} axes`, { name });
  let elements = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) refuse(`"${name}" has an axis of ${size}`, { name });
    elements *= size;
    if (!Number.isSafeInteger(elements)) refuse(`"${name}" has more elements than any file`, { name });
  }
  return elements;
};

/**
 * Elements out of little-endian bytes, copied: a view would need alignment and would keep the whole file alive.
 * (Not by `slice`: a Buffer's is a view.)
 */
export const copyElements = (dtype: ElementType, bytes: Uint8Array): TensorData => {
  const copy = new Uint8Array(bytes);
  return new ELEMENT_TYPES[dtype](copy.buffer, 0, copy.byteLength / bytesPerElement(dtype));
};

const scratch = new DataView(new ArrayBuffer(4));

/** IEEE 754 binary16 bits as a number. */
export const halfToNumber = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

/** bfloat16 bits as a number: the upper half of a float32. */
export const bfloat16ToNumber = (bits: number): number => {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
};

/**
 * A floating-point tensor's values as float32.
 * @throws AppError `checkpoint_unfit` when the tensor holds integers.
 */
export const toFloat32 = (name: string, { dtype, data }: CheckpointTensor): Float32Array => {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return Float32Array.from(data);
  if (data instanceof Uint16Array && dtype === 'F16') return Float32Array.from(data, halfToNumber);
  if (data instanceof Uint16Array && dtype === 'BF16') return Float32Array.from(data, bfloat16ToNumber);
  return refuse(`"${name}" holds ${dtype}, expected floating point`, { name, dtype });
};

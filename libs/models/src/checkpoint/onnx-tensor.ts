/** ONNX's TensorProto as a tensor of a checkpoint. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
import {
  bytesPerElement,
  copyElements,
  countElements,
  refuse,
  type CheckpointTensor,
  type ElementType,
} from './checkpoint-tensor.js';
import { readVarint, walkFields } from './protobuf-fields.js';

/** What a TensorProto says of itself; its numbers are views of the file until they are asked for. */
export interface OnnxTensorView {
  readonly name: string;
  readonly shape: readonly number[];
  /** TensorProto.DataType. */
  readonly type: number;
  readonly isExternal: boolean;
  readonly data: ReadonlyMap<number, Uint8Array>;
}

const FIELD = {
  dims: 1,
  type: 2,
  floats: 4,
  halves: 5,
  name: 8,
  raw: 9,
  doubles: 10,
  external: 13,
  location: 14,
} as const;
const DATA_FIELDS: ReadonlySet<number> = new Set([FIELD.floats, FIELD.halves, 6, 7, FIELD.raw, FIELD.doubles, 11]);
const EXTERNAL = 1;
const MAX_AXES = 16;

/** The types that weights have, and the field that holds them where `raw_data` doesn't. */
const TYPES: ReadonlyMap<number, { readonly dtype: ElementType; readonly field: number }> = new Map([
  [1, { dtype: 'F32', field: FIELD.floats }],
  [10, { dtype: 'F16', field: FIELD.halves }],
  [11, { dtype: 'F64', field: FIELD.doubles }],
  [16, { dtype: 'BF16', field: FIELD.halves }],
]);

const OTHER_TYPES: Readonly<Record<number, string>> = {
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  17: 'float8',
  18: 'float8',
  19: 'float8',
  20: 'float8',
  21: 'uint4',
  22: 'int4',
  23: 'float4',
};

export const decodeText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const readPackedVarints = (bytes: Uint8Array, take: (value: number) => void): void => {
  for (let at = 0; at < bytes.byteLength;) {
    const { value, end } = readVarint(bytes, at);
    at = end;
    take(value);
  }
};

/** @throws AppError `checkpoint_unfit` when the bytes are no TensorProto. */
export const viewOnnxTensor = (bytes: Uint8Array): OnnxTensorView => {
  const shape: number[] = [];
  const data = new Map<number, Uint8Array>();
  let [name, type, isExternal] = ['', 0, false];
  const addAxis = (size: number): void => {
    if (shape.length === MAX_AXES) refuse(`an initializer has more than ${MAX_AXES} axes`);
    shape.push(size);
  };
  walkFields(bytes, {
    varint: (field, value) => {
      if (field === FIELD.dims) addAxis(value);
      else if (field === FIELD.type) type = value;
      else if (field === FIELD.location) isExternal ||= value === EXTERNAL;
    },
    bytes: (field, value) => {
      if (field === FIELD.name) name = decodeText(value);
      else if (field === FIELD.dims) readPackedVarints(value, addAxis);
      else if (field === FIELD.external) isExternal = true;
      else if (DATA_FIELDS.has(field)) {
        if (data.has(field)) refuse('an initializer has its numbers in pieces');
        data.set(field, value);
      }
    },
    fixed: (field) => {
      if (DATA_FIELDS.has(field)) refuse("an initializer's numbers aren't packed, which no exporter leaves so");
    },
  });
  return { name, shape, type, isExternal, data };
};

/** 16-bit elements outside `raw_data` lie in 32-bit integers. */
const readHalves = (name: string, bytes: Uint8Array, elements: number): Uint16Array => {
  if (bytes.byteLength < elements) refuse(`"${name}" has ${bytes.byteLength} bytes for ${elements} elements`, { name });
  const values = new Uint16Array(elements);
  let count = 0;
  readPackedVarints(bytes, (value) => {
    if (value < 0 || value > 0xffff) refuse(`"${name}" holds ${value}, which is no 16-bit element`, { name });
    values[count] = value;
    count += 1;
  });
  if (count !== elements) refuse(`"${name}" holds ${count} elements, its shape asks for ${elements}`, { name });
  return values;
};

/**
 * The tensor's numbers, copied.
 * @param name for messages: an initializer's own name may say nothing.
 * @throws AppError `checkpoint_unfit` when they lie in another file, aren't floating point, or don't fill the shape.
 */
export const readOnnxTensor = (name: string, view: OnnxTensorView): CheckpointTensor => {
  const { shape, type, data } = view;
  if (view.isExternal)
    refuse(
      `"${name}" lies in a file beside the model (external data); save the model as one file ` +
        '(onnx.save_model without save_as_external_data), or give the weights as safetensors',
      { name },
    );
  const kind = TYPES.get(type);
  if (kind === undefined)
    return refuse(`"${name}" holds ${OTHER_TYPES[type] ?? `type ${type}`}, expected floating point`, { name });
  const { dtype, field } = kind;
  const elements = countElements(name, shape);
  const raw = data.get(FIELD.raw);
  const bytes = raw ?? data.get(field) ?? new Uint8Array();
  if (data.size > 1) refuse(`"${name}" has its numbers twice`, { name });
  if (raw === undefined && field === FIELD.halves) return { shape, dtype, data: readHalves(name, bytes, elements) };
  const expected = elements * bytesPerElement(dtype);
  if (bytes.byteLength !== expected)
    refuse(`"${name}" has ${bytes.byteLength} bytes, its shape [${shape.join(', ')}] asks for ${expected}`, { name });
  return { shape, dtype, data: copyElements(dtype, bytes) };
};

/** An ONNX model as plain objects, and its one byte form. */
import { AppError } from '@graft/contracts';
import protobuf from 'protobufjs';
import { ONNX_PROTO } from './onnx-proto.js';

/** A symbolic size (the batch) is a text. */
export type Dimension = number | string;

export interface OnnxValue {
  readonly name: string;
  /** Null: not said, which only an output within a graph may do. */
  readonly shape: readonly Dimension[] | null;
}

/** A whole number, a list of them, or a floating-point number. */
export type OnnxAttribute = number | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** Numbers of one element type, which their class tells. */
export type OnnxData = Float32Array | Uint8Array | Int8Array | Int32Array;

/** Row-major. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: OnnxData;
}

export interface OnnxModel {
  readonly graphName: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  /** The model's metadata_props. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** IR version 8 goes with opset 17. */
const IR_VERSION = 8;
const OPSET = 17;
const FLOAT = 1;
/** ONNX's numbers of the element types (TensorProto.DataType). */
const ELEMENT_TYPES = [
  [FLOAT, Float32Array],
  [2, Uint8Array],
  [3, Int8Array],
  [6, Int32Array],
] as const;
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

const modelType = protobuf.parse(ONNX_PROTO, { keepCase: true }).root.lookupType('onnx.ModelProto');

const toValueInfo = ({ name, shape }: OnnxValue): object => ({
  name,
  type: {
    tensor_type: {
      elem_type: FLOAT,
      ...(shape === null
        ? {}
        : {
            shape: { dim: shape.map((size) => (typeof size === 'number' ? { dim_value: size } : { dim_param: size })) },
          }),
    },
  },
});

const toAttribute = ([name, value]: [string, OnnxAttribute]): object => {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE_INT };
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE_FLOAT };
  return { name, ints: [...value], type: ATTRIBUTE_INTS };
};

const elementTypeOf = (data: OnnxData): number => {
  const found = ELEMENT_TYPES.find(([, type]) => data instanceof type);
  if (found === undefined) throw new RangeError('no element type of ONNX fits these numbers');
  return found[0];
};

/** The numbers' bytes, as ONNX keeps them: little-endian, as every machine is that Graft runs on. */
export const bytesOfData = ({ buffer, byteOffset, byteLength }: OnnxData): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const dataOf = (elementType: number, raw: Uint8Array): OnnxData => {
  const found = ELEMENT_TYPES.find(([type]) => type === elementType);
  if (found === undefined) throw new RangeError(`element type ${elementType} is not known here`);
  // A copy, since numbers of several bytes need memory that is aligned.
  const { buffer, byteLength } = new Uint8Array(raw);
  return new found[1](buffer, 0, byteLength / found[1].BYTES_PER_ELEMENT);
};

const compareText = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The model's bytes: opset 17, inputs and outputs float32, attributes and metadata in the order of their names. The same model gives the
 * same bytes, on any machine: nothing of the time, the place or the software's version goes in.
 */
export const encodeOnnx = (model: OnnxModel): Uint8Array => {
  const message = modelType.create({
    ir_version: IR_VERSION,
    producer_name: 'graft',
    opset_import: [{ domain: '', version: OPSET }],
    metadata_props: Object.entries(model.metadata)
      .sort(compareText)
      .map(([key, value]) => ({ key, value })),
    graph: {
      name: model.graphName,
      input: model.inputs.map(toValueInfo),
      output: model.outputs.map(toValueInfo),
      initializer: model.initializers.map(({ name, shape, data }) => ({
        name,
        dims: [...shape],
        data_type: elementTypeOf(data),
        raw_data: bytesOfData(data),
      })),
      node: model.nodes.map(({ name, operator, inputs, outputs, attributes }) => ({
        name,
        op_type: operator,
        input: [...inputs],
        output: [...outputs],
        attribute: Object.entries(attributes).sort(compareText).map(toAttribute),
      })),
    },
  });
  // A copy: protobufjs hands out a slice of its pool.
  return new Uint8Array(modelType.encode(message).finish());
};

/** What protobufjs makes of the bytes, by the schema above. */
interface RawValueInfo {
  readonly name: string;
  readonly type: { readonly tensor_type: { readonly shape?: { readonly dim: readonly RawDimension[] } } };
}
interface RawDimension {
  readonly dim_value?: number;
  readonly dim_param?: string;
}
interface RawAttribute {
  readonly name: string;
  readonly i?: number;
  readonly f?: number;
  readonly ints: readonly number[];
  readonly type: number;
}
interface RawModel {
  readonly metadata_props: readonly { readonly key: string; readonly value: string }[];
  readonly graph: {
    readonly name: string;
    readonly input: readonly RawValueInfo[];
    readonly output: readonly RawValueInfo[];
    readonly initializer: readonly {
      readonly name: string;
      readonly dims: readonly number[];
      readonly data_type: number;
      readonly raw_data: Uint8Array;
    }[];
    readonly node: readonly {
      readonly name: string;
      readonly op_type: string;
      readonly input: readonly string[];
      readonly output: readonly string[];
      readonly attribute: readonly RawAttribute[];
    }[];
  };
}

const fromValueInfo = ({ name, type }: RawValueInfo): OnnxValue => ({
  name,
  shape:
    type.tensor_type.shape?.dim.map(({ dim_value: value, dim_param: parameter }) => parameter ?? value ?? 0) ?? null,
});

const fromAttribute = ({ i, f, ints, type }: RawAttribute): OnnxAttribute => {
  if (type === ATTRIBUTE_INTS) return ints;
  return type === ATTRIBUTE_FLOAT ? { float: f ?? 0 } : (i ?? 0);
};

const fromRaw = ({ graph, metadata_props: metadata }: RawModel): OnnxModel => ({
  graphName: graph.name,
  inputs: graph.input.map(fromValueInfo),
  outputs: graph.output.map(fromValueInfo),
  initializers: graph.initializer.map(({ name, dims, data_type: type, raw_data: raw }) => ({
    name,
    shape: dims,
    data: dataOf(type, raw),
  })),
  nodes: graph.node.map((node) => ({
    name: node.name,
    operator: node.op_type,
    inputs: node.input,
    outputs: node.output,
    attributes: Object.fromEntries(node.attribute.map((attribute) => [attribute.name, fromAttribute(attribute)])),
  })),
  metadata: Object.fromEntries(metadata.map(({ key, value }) => [key, value])),
});

/**
 * Reads a model that `encodeOnnx` wrote. Anything else is refused, since what this schema doesn't know would be lost.
 * @throws AppError `checkpoint_unfit` when the bytes are not such a model.
 */
export const decodeOnnx = (bytes: Uint8Array): OnnxModel => {
  let model: OnnxModel;
  try {
    const decoded = modelType.decode(bytes);
    model = fromRaw(modelType.toObject(decoded, { longs: Number, arrays: true }) as unknown as RawModel);
  } catch (error) {
    throw new AppError('checkpoint_unfit', 'these bytes are not an ONNX model', { cause: error });
  }
  if (Buffer.compare(encodeOnnx(model), bytes) !== 0)
    throw new AppError(
      'checkpoint_unfit',
      'this ONNX model was not written by Graft: it holds more than is understood',
    );
  return model;
};

/** The metadata_props of a model that Graft wrote (labels, lineage), by key. */
export const readOnnxMetadata = (bytes: Uint8Array): Readonly<Record<string, string>> => decodeOnnx(bytes).metadata;

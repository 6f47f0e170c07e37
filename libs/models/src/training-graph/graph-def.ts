/** A TensorFlow graph, written node by node, and its one byte form: a SavedModel without checkpoint files. */
import protobuf from 'protobufjs';
import { SAVED_MODEL_PROTO } from './saved-model-proto.js';

/** tensorflow/core/framework/types.proto. */
export const DATA_TYPES = { float: 1, int32: 3, bool: 10, bfloat16: 14, resource: 20 } as const;
export type DataType = keyof typeof DATA_TYPES;

/** −1 stands for a size that is known when the graph runs. */
export type StaticShape = readonly number[];

export type Attribute =
  | { readonly type: DataType }
  | { readonly shape: StaticShape }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly tensor: { readonly dtype: DataType; readonly shape: StaticShape; readonly bytes: Uint8Array } };

export type Attributes = Readonly<Record<string, Attribute>>;

/** A named tensor at the border of the graph. */
export interface Port {
  /** `node` or `node:output`. */
  readonly tensor: string;
  readonly dtype: DataType;
  readonly shape: StaticShape;
}

export interface Signature {
  readonly inputs: Readonly<Record<string, Port>>;
  readonly outputs: Readonly<Record<string, Port>>;
}

interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, object>>;
}

export interface GraphDef {
  /**
   * Adds an operation and gives its name, which is also its first output's (`name:1` is the second's). `^name` among the
   * inputs waits for an operation without taking anything from it.
   */
  node(op: string, inputs: readonly string[], attributes?: Attributes, name?: string): string;
  /** A constant, row-major. The same constant twice is one node. */
  constant(dtype: 'float' | 'int32', values: readonly number[], shape?: StaticShape): string;
  /** The bytes of `saved_model.pb`. */
  encode(signatures: Readonly<Record<string, Signature>>): Uint8Array;
}

/** The graph version of TensorFlow 2.15 and later. */
const PRODUCER = 1645;
/** The tag under which `loadSavedModel` finds the graph. */
export const SERVE_TAG = 'serve';

const savedModelType = protobuf.parse(SAVED_MODEL_PROTO, { keepCase: true }).root.lookupType('tensorflow.SavedModel');

const toShape = (shape: StaticShape): object => ({ dim: shape.map((size) => ({ size })) });

const toAttribute = (attribute: Attribute): object => {
  if ('type' in attribute) return { type: DATA_TYPES[attribute.type] };
  if ('shape' in attribute) return { shape: toShape(attribute.shape) };
  if ('int' in attribute) return { i: attribute.int };
  if ('ints' in attribute) return { list: { i: [...attribute.ints] } };
  if ('float' in attribute) return { f: attribute.float };
  if ('bool' in attribute) return { b: attribute.bool };
  if ('text' in attribute) return { s: Buffer.from(attribute.text) };
  const { dtype, shape, bytes } = attribute.tensor;
  return { tensor: { dtype: DATA_TYPES[dtype], tensor_shape: toShape(shape), tensor_content: bytes } };
};

const toPorts = (ports: Readonly<Record<string, Port>>): object =>
  Object.fromEntries(
    Object.entries(ports).map(([name, { tensor, dtype, shape }]) => [
      name,
      { name: tensor.includes(':') ? tensor : `${tensor}:0`, dtype: DATA_TYPES[dtype], tensor_shape: toShape(shape) },
    ]),
  );

export const createGraphDef = (): GraphDef => {
  const nodes: NodeDef[] = [];
  const names = new Set<string>();
  const constants = new Map<string, string>();
  const counters = new Map<string, number>();
  const freshName = (op: string): string => {
    const count = counters.get(op) ?? 0;
    counters.set(op, count + 1);
    return `${op}_${count}`;
  };
  const node: GraphDef['node'] = (op, inputs, attributes = {}, name = freshName(op)) => {
    if (names.has(name)) throw new RangeError(`two operations are named "${name}"`);
    names.add(name);
    const attr = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)]));
    nodes.push({ name, op, input: [...inputs], attr });
    return name;
  };
  return {
    node,
    constant: (dtype, values, shape = []) => {
      const key = JSON.stringify([dtype, values, shape]);
      const known = constants.get(key);
      if (known !== undefined) return known;
      const array = dtype === 'float' ? Float32Array.from(values) : Int32Array.from(values);
      const bytes = new Uint8Array(array.buffer);
      const name = node('Const', [], { dtype: { type: dtype }, value: { tensor: { dtype, shape, bytes } } });
      constants.set(key, name);
      return name;
    },
    encode: (signatures) => {
      const signature = Object.entries(signatures).map(([name, { inputs, outputs }]) => [
        name,
        { inputs: toPorts(inputs), outputs: toPorts(outputs), method_name: 'tensorflow/serving/predict' },
      ]);
      const message = savedModelType.fromObject({
        saved_model_schema_version: 1,
        meta_graphs: [
          {
            meta_info_def: { tags: [SERVE_TAG] },
            graph_def: { node: nodes, versions: { producer: PRODUCER } },
            signature_def: Object.fromEntries(signature),
          },
        ],
      });
      // A copy: protobufjs hands out a slice of its pool.
      return new Uint8Array(savedModelType.encode(message).finish());
    },
  };
};

/** What another maker's ONNX model takes and gives, and whether ours can run it. Field numbers: onnx/onnx.proto. */
import { AppError } from '@graft/contracts';
import { fieldsOf, textOf, type Field } from './wire.js';

/** Null: not said. A text: named, and open. */
export type ForeignDimension = number | string | null;

export interface ForeignValue {
  readonly name: string;
  /** TensorProto.DataType; 1 is float32. Null where it is no tensor. */
  readonly elementType: number | null;
  /** Null: not said. */
  readonly shape: readonly ForeignDimension[] | null;
}

export interface ForeignOnnx {
  /** Of the standard operators. */
  readonly opset: number;
  readonly producer: string;
  /** Without those that have a value in the file. */
  readonly inputs: readonly ForeignValue[];
  readonly outputs: readonly ForeignValue[];
  /** Names that nodes give to what they compute, and those of weights. */
  readonly names: ReadonlySet<string>;
  /** What nodes themselves are called. */
  readonly nodeNames: ReadonlySet<string>;
}

const MODEL = { producer: 2, graph: 7, opset: 8, functions: 25 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparse: 15 } as const;
const EXTERNAL = 1;
/** Those that onnxruntime brings. */
const DOMAINS: readonly string[] = ['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft', 'com.microsoft.nchwc'];

const unfit = (message: string, details: Record<string, unknown> = {}): AppError =>
  new AppError('checkpoint_unfit', message, { details });

const all = (message: Uint8Array, number: number): Field[] =>
  [...fieldsOf(message)].filter((field) => field.number === number);
const first = (message: Uint8Array, number: number): Field | undefined => all(message, number)[0];

const dimensionOf = (dimension: Uint8Array): ForeignDimension => {
  const [size, name] = [first(dimension, 1), first(dimension, 2)];
  if (size !== undefined) return size.value;
  return name === undefined ? null : textOf(name);
};

const valueOf = ({ bytes }: Field): ForeignValue => {
  const name = first(bytes, 1);
  const tensor = first(first(bytes, 2)?.bytes ?? new Uint8Array(), 1);
  const shape = tensor === undefined ? undefined : first(tensor.bytes, 2);
  return {
    name: name === undefined ? '' : textOf(name),
    elementType: tensor === undefined ? null : (first(tensor.bytes, 1)?.value ?? null),
    shape: shape === undefined ? null : all(shape.bytes, 1).map((dimension) => dimensionOf(dimension.bytes)),
  };
};

const checkOperators = (graph: Uint8Array, functions: readonly Field[]): void => {
  const own = new Set(functions.map(({ bytes }) => textOf(first(bytes, 10) ?? { bytes: new Uint8Array() })));
  const custom = new Set<string>();
  for (const { bytes } of all(graph, GRAPH.node)) {
    const domain = textOf(first(bytes, 7) ?? { bytes: new Uint8Array() });
    if (DOMAINS.includes(domain) || own.has(domain)) continue;
    custom.add(`${domain}:${textOf(first(bytes, 4) ?? { bytes: new Uint8Array() })}`);
  }
  if (custom.size === 0) return;
  throw unfit(
    `it has operators that onnxruntime doesn't bring: ${[...custom].sort().join(', ')}; export it with standard operators`,
    { operators: [...custom].sort() },
  );
};

const checkWeights = (initializers: readonly Field[]): void => {
  const outside = initializers.filter(({ bytes }) => first(bytes, 14)?.value === EXTERNAL);
  if (outside.length === 0) return;
  throw unfit(
    `${outside.length} of its weights lie in other files: save it as one file ` +
      '(Python: onnx.save_model(onnx.load("model.onnx"), "one.onnx", save_as_external_data=False))',
    { external: outside.length },
  );
};

/**
 * Reads the form of a model; its weights aren't looked at.
 * @throws AppError `checkpoint_unfit` for what is no ONNX model, keeps weights in other files, or has operators of its own
 */
export const readForeignOnnx = (bytes: Uint8Array): ForeignOnnx => {
  let graph: Uint8Array | undefined;
  let opsets: Field[] = [];
  try {
    graph = first(bytes, MODEL.graph)?.bytes;
    opsets = all(bytes, MODEL.opset);
    if (graph === undefined || opsets.length === 0 || all(graph, GRAPH.output).length === 0) throw unfit('no graph');
  } catch (cause) {
    throw new AppError(
      'checkpoint_unfit',
      'this is no ONNX model: expected a file that torch.onnx.export, tf2onnx or the like wrote',
      {
        cause,
      },
    );
  }
  const standard = opsets.find(({ bytes: opset }) =>
    ['', 'ai.onnx'].includes(textOf(first(opset, 1) ?? { bytes: new Uint8Array() })),
  );
  checkOperators(graph, all(bytes, MODEL.functions));
  const initializers = all(graph, GRAPH.initializer);
  checkWeights(initializers);
  const weights = initializers.map(({ bytes: tensor }) => textOf(first(tensor, 8) ?? { bytes: new Uint8Array() }));
  const computed = all(graph, GRAPH.node).flatMap((node) => all(node.bytes, 2).map(textOf));
  const producer = first(bytes, MODEL.producer);
  return {
    opset: standard === undefined ? 0 : (first(standard.bytes, 2)?.value ?? 0),
    producer: producer === undefined ? '' : textOf(producer),
    inputs: all(graph, GRAPH.input)
      .map(valueOf)
      .filter(({ name }) => !weights.includes(name)),
    outputs: all(graph, GRAPH.output).map(valueOf),
    names: new Set([...weights, ...computed]),
    nodeNames: new Set(all(graph, GRAPH.node).flatMap((node) => all(node.bytes, 3).map(textOf))),
  };
};

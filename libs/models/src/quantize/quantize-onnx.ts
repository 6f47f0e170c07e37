/**
 * Static quantization of an ONNX model in the QDQ form: every tensor that is to be of eight bits passes through
 * QuantizeLinear and DequantizeLinear, and a runtime that has integer kernels fuses what is between them. Any other runtime
 * computes the same in float32: the model stays plain ONNX.
 */
import type { OnnxData, OnnxModel, OnnxNode, OnnxTensor } from '../onnx/onnx-model.js';
import { activationScale, quantizeWeights, type ActivationScale, type Range, type WeightBits } from './affine.js';

export interface QuantizeOptions {
  readonly model: OnnxModel;
  /** Of every tensor that `quantizedTensors` names. */
  readonly ranges: ReadonlyMap<string, Range>;
  /** Names of nodes that stay in float32. */
  readonly inFloat?: ReadonlySet<string>;
  readonly weightBits: WeightBits;
}

/** An operation that is computed in integers, with the activation that saturating to its output's range replaces. */
interface IntegerOperation {
  readonly node: OnnxNode;
  /** Inputs that are activations. */
  readonly activations: readonly string[];
  /** The name of its output, the activation's where there is one. */
  readonly output: string;
  /** Null: no activation follows. */
  readonly activation: OnnxNode | null;
  /** What the activation lets through. */
  readonly bounds: Range;
  /** Whether the output is of eight bits. A classifier's logits aren't: they are the model's output, and float32. */
  readonly quantizesOutput: boolean;
}

const EVERYTHING: Range = { least: -Infinity, greatest: Infinity };

/** How many of an operator's inputs are activations; others are weights. */
const ACTIVATION_INPUTS: Readonly<Record<string, number>> = {
  Conv: 1,
  Gemm: 1,
  Add: 2,
  MaxPool: 1,
  GlobalAveragePool: 1,
  Flatten: 1,
};

/** What gives some of the numbers that it takes: with one scale for both, a runtime needn't leave integers. */
const KEEPS_SCALE: ReadonlySet<string> = new Set(['MaxPool', 'Flatten']);
/** What an embedder ends in: its vectors are worth more than eight bits. */
const POOLS: ReadonlySet<string> = new Set(['GlobalAveragePool', 'Flatten']);

const scalarNamed = (model: OnnxModel, name: string | undefined): number | null =>
  model.initializers.find((tensor) => tensor.name === name)?.data[0] ?? null;

/** What an activation lets through, where that is an interval from 0 and so what unsigned numbers can do by themselves. */
const boundsOf = (model: OnnxModel, { operator, inputs }: OnnxNode): Range | null => {
  if (operator === 'Relu') return { least: 0, greatest: Infinity };
  if (operator !== 'Clip') return null;
  const [least, greatest] = [scalarNamed(model, inputs[1]), scalarNamed(model, inputs[2])];
  return least === 0 && greatest !== null && greatest > 0 ? { least, greatest } : null;
};

/** What can be computed in integers. */
const integerOperations = (model: OnnxModel, inFloat: ReadonlySet<string>): readonly IntegerOperation[] => {
  const outputs = new Set(model.outputs.map(({ name }) => name));
  const readers = new Map<string, OnnxNode[]>();
  for (const node of model.nodes)
    for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node]);
  /** Whether it is, or leads by nothing but a reshaping to, an output of the model. */
  const endsModel = (output: string): boolean =>
    outputs.has(output) ||
    (readers.get(output) ?? []).some(({ operator, outputs: [next = ''] }) => operator === 'Flatten' && endsModel(next));
  return model.nodes.flatMap((node): IntegerOperation[] => {
    const count = ACTIVATION_INPUTS[node.operator];
    const [output = ''] = node.outputs;
    if (count === undefined || inFloat.has(node.name) || (POOLS.has(node.operator) && endsModel(output))) return [];
    const activations = node.inputs.slice(0, count);
    const quantizesOutput = !(node.operator === 'Gemm' && outputs.has(output));
    const [reader, ...others] = readers.get(output) ?? [];
    const bounds = reader === undefined || others.length > 0 || outputs.has(output) ? null : boundsOf(model, reader);
    return reader === undefined || bounds === null
      ? [{ node, activations, output, activation: null, bounds: EVERYTHING, quantizesOutput }]
      : [{ node, activations, output: reader.outputs[0] ?? '', activation: reader, bounds, quantizesOutput }];
  });
};

/** Names of nodes that quantization takes up. */
export const quantizedNodes = (model: OnnxModel): readonly string[] =>
  integerOperations(model, new Set()).map(({ node }) => node.name);

/** Names of tensors whose ranges quantization needs. */
export const quantizedTensors = (model: OnnxModel): readonly string[] => [
  ...new Set(
    integerOperations(model, new Set()).flatMap(({ activations, output, quantizesOutput }) =>
      quantizesOutput ? [...activations, output] : activations,
    ),
  ),
];

const scalar = (name: string, data: OnnxData): OnnxTensor => ({ name, shape: [], data });

/** The names that quantization gives to what it adds to a tensor. */
const named = (tensor: string) => ({
  float: `${tensor}.float`,
  quantized: `${tensor}.quantized`,
  dequantized: `${tensor}.dequantized`,
  scale: `${tensor}.scale`,
  zeroPoint: `${tensor}.zeroPoint`,
});

interface Added {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

/** A tensor by way of eight bits. */
const quantizeTensor = (
  tensor: string,
  { scale, zeroPoint }: ActivationScale,
  { from, to }: { from: string; to: string },
): Added => {
  const names = named(tensor);
  const node = (name: string, operator: string, input: string, output: string): OnnxNode => ({
    name,
    operator,
    inputs: [input, names.scale, names.zeroPoint],
    outputs: [output],
    attributes: {},
  });
  return {
    nodes: [
      node(names.quantized, 'QuantizeLinear', from, names.quantized),
      node(names.dequantized, 'DequantizeLinear', names.quantized, to),
    ],
    initializers: [scalar(names.scale, Float32Array.of(scale)), scalar(names.zeroPoint, Uint8Array.of(zeroPoint))],
  };
};

/** A weight or bias that is stored in integers, one scale a channel. */
const storedInIntegers = (tensor: OnnxTensor, data: Int8Array | Int32Array, scales: Float32Array): Added => {
  const names = named(tensor.name);
  const channels = [scales.length];
  return {
    nodes: [
      {
        name: names.dequantized,
        operator: 'DequantizeLinear',
        inputs: [names.quantized, names.scale, names.zeroPoint],
        outputs: [names.dequantized],
        attributes: { axis: 0 },
      },
    ],
    initializers: [
      { name: names.quantized, shape: tensor.shape, data },
      { name: names.scale, shape: channels, data: scales },
      {
        name: names.zeroPoint,
        shape: channels,
        data: data instanceof Int8Array ? new Int8Array(scales.length) : new Int32Array(scales.length),
      },
    ],
  };
};

const floatsNamed = (model: OnnxModel, name: string | undefined): (OnnxTensor & { data: Float32Array }) | null => {
  const tensor = model.initializers.find((each) => each.name === name);
  if (tensor === undefined) return null;
  const { data } = tensor;
  if (!(data instanceof Float32Array)) throw new RangeError(`"${tensor.name}" is quantized already`);
  return { ...tensor, data };
};

const quantizeParameters = (
  model: OnnxModel,
  { node, activations }: IntegerOperation,
  options: { inputScale: number; bits: WeightBits },
): Added => {
  const [weightName, biasName] = node.inputs.slice(activations.length);
  const weight = floatsNamed(model, weightName);
  if (weight === null) return { nodes: [], initializers: [] };
  const bias = floatsNamed(model, biasName);
  const {
    values,
    scales,
    bias: quantizedBias,
  } = quantizeWeights({
    weights: weight.data,
    bias: bias?.data ?? null,
    channels: weight.shape[0] ?? 1,
    ...options,
  });
  const parts = [storedInIntegers(weight, values, scales)];
  if (bias !== null && quantizedBias !== null)
    parts.push(
      storedInIntegers(
        bias,
        quantizedBias,
        scales.map((scale) => scale * options.inputScale),
      ),
    );
  return {
    nodes: parts.flatMap(({ nodes }) => nodes),
    initializers: parts.flatMap(({ initializers }) => initializers),
  };
};

/**
 * The model in eight bits: activations unsigned with one scale a tensor, weights signed with one scale an output channel,
 * biases in 32 bits. ReLU and ReLU6 after an integer operation become the range of its output. Inputs and outputs stay
 * float32, and keep their names.
 * @throws RangeError when a range is missing, or the model is quantized already.
 */
export const quantizeOnnx = ({ model, ranges, inFloat = new Set(), weightBits }: QuantizeOptions): OnnxModel => {
  const operations = integerOperations(model, inFloat);
  const byNode = new Map(operations.map((operation) => [operation.node, operation]));
  const replaced = new Set(operations.flatMap(({ activation }) => (activation === null ? [] : [activation])));
  const produced = new Map(
    operations.filter(({ quantizesOutput }) => quantizesOutput).map((operation) => [operation.output, operation]),
  );
  const scaleOf = (tensor: string): ActivationScale => {
    const operation = produced.get(tensor);
    if (operation !== undefined && KEEPS_SCALE.has(operation.node.operator))
      return scaleOf(operation.activations[0] ?? '');
    const range = ranges.get(tensor);
    if (range === undefined) throw new RangeError(`the range of "${tensor}" is not known`);
    const { least, greatest } = operation?.bounds ?? EVERYTHING;
    return activationScale({ least: Math.max(range.least, least), greatest: Math.min(range.greatest, greatest) });
  };
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const add = (added: Added): void => {
    nodes.push(...added.nodes);
    initializers.push(...added.initializers);
  };
  const entered = new Set<string>();
  /** The name under which an integer operation reads an activation. */
  const enter = (tensor: string): string => {
    if (produced.has(tensor)) return tensor;
    const { dequantized } = named(tensor);
    if (!entered.has(tensor)) add(quantizeTensor(tensor, scaleOf(tensor), { from: tensor, to: dequantized }));
    entered.add(tensor);
    return dequantized;
  };
  for (const node of model.nodes) {
    const operation = byNode.get(node);
    if (operation === undefined) {
      if (!replaced.has(node)) nodes.push(node);
      continue;
    }
    const { activations, output, quantizesOutput } = operation;
    const inputs = activations.map(enter);
    add(quantizeParameters(model, operation, { inputScale: scaleOf(activations[0] ?? '').scale, bits: weightBits }));
    const parameters = node.inputs.slice(activations.length).map((name) => named(name).dequantized);
    const { float } = named(output);
    nodes.push({ ...node, inputs: [...inputs, ...parameters], outputs: [quantizesOutput ? float : output] });
    if (quantizesOutput) add(quantizeTensor(output, scaleOf(output), { from: float, to: output }));
  }
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return {
    ...model,
    nodes,
    initializers: [...model.initializers.filter(({ name }) => read.has(name)), ...initializers],
  };
};

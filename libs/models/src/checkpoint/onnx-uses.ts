/** Which tensors the nodes of an ONNX graph use, and what for. */
import { refuse } from './checkpoint-tensor.js';
import type { OnnxGraphNode, OnnxGraphView } from './onnx-graph.js';

/** How a tensor lies in the file: as PyTorch keeps it, [in, out], or with axes of 1 around its channels. */
export type Layout = 'same' | 'transposed' | 'flat';

/** A tensor in its place at a node. */
export interface TensorUse {
  readonly value: string;
  readonly node: OnnxGraphNode;
  readonly parameter: string;
  readonly layout: Layout;
}

const BATCH_NORM = 'BatchNormalization';
const BATCH_NORM_PARAMETERS = ['weight', 'bias', 'running_mean', 'running_var'] as const;
const QUANTIZED: ReadonlySet<string> = new Set([
  'QLinearConv',
  'QLinearMatMul',
  'ConvInteger',
  'MatMulInteger',
  'QGemm',
]);
/** Aliases of aliases; exporters write one. */
const MAX_ALIASES = 8;

/**
 * Names of tensors through Identity nodes: exporters keep one of equal tensors and alias the others. null for what no
 * tensor of the file is.
 */
export const createResolver = ({ nodes, tensors }: OnnxGraphView): ((value: string) => string | null) => {
  const aliases = new Map(
    nodes.flatMap(({ operator, inputs, outputs }) =>
      operator === 'Identity' ? [[outputs[0] ?? '', inputs[0] ?? ''] as const] : [],
    ),
  );
  return (value) => {
    let name = value;
    for (let step = 0; step < MAX_ALIASES; step += 1) {
      if (tensors.has(name)) return name;
      const next = aliases.get(name);
      if (next === undefined) return null;
      name = next;
    }
    return refuse(`its tensor "${value}" is an alias without an end`, { name: value });
  };
};

const checkGemm = ({ name, numbers }: OnnxGraphNode): void => {
  const [alpha, beta, transposed] = [numbers.get('alpha') ?? 1, numbers.get('beta') ?? 1, numbers.get('transA') ?? 0];
  if (alpha !== 1 || beta !== 1 || transposed !== 0)
    refuse(`its Gemm "${name}" scales or transposes (alpha ${alpha}, beta ${beta}, transA ${transposed})`, { name });
};

/** The Add that gives a layer its bias: of the layer's output and of a tensor with one axis longer than 1, its channels. */
const findBiases = ({ nodes, tensors }: OnnxGraphView, resolve: (value: string) => string | null) => {
  const biases = new Map<string, string>();
  for (const { operator, inputs } of nodes) {
    if (operator !== 'Add') continue;
    for (const [output = '', value = ''] of [inputs, inputs.toReversed()]) {
      const shape = tensors.get(resolve(value) ?? '')?.shape;
      if (shape?.filter((size) => size > 1).length === 1) biases.set(output, value);
    }
  }
  return biases;
};

const usesOf = (node: OnnxGraphNode, biases: ReadonlyMap<string, string>): readonly TensorUse[] => {
  const [, weight = '', bias = ''] = node.inputs;
  const added = biases.get(node.outputs[0] ?? '') ?? '';
  const use = (value: string, parameter: string, layout: Layout = 'same'): TensorUse[] =>
    value === '' ? [] : [{ value, node, parameter, layout }];
  switch (node.operator) {
    case 'Conv':
      return [...use(weight, 'weight'), ...(bias === '' ? use(added, 'bias', 'flat') : use(bias, 'bias'))];
    case 'Gemm':
      checkGemm(node);
      return [
        ...use(weight, 'weight', (node.numbers.get('transB') ?? 0) === 0 ? 'transposed' : 'same'),
        ...use(bias, 'bias'),
      ];
    case 'MatMul':
      // Without a bias it is no dense layer but a fixed product, as of a pooling.
      return added === '' ? [] : [...use(weight, 'weight', 'transposed'), ...use(added, 'bias', 'flat')];
    case BATCH_NORM:
      return BATCH_NORM_PARAMETERS.flatMap((parameter, index) => use(node.inputs[index + 1] ?? '', parameter));
    default:
      return QUANTIZED.has(node.operator)
        ? refuse(`its node "${node.name}" is quantized (${node.operator}); export the float model`, { name: node.name })
        : [];
  }
};

/**
 * Every use of a tensor by a convolution, a dense layer or a batch norm, in the nodes' order.
 * @throws AppError `checkpoint_unfit` for quantized weights.
 */
export const tensorUses = (graph: OnnxGraphView, resolve: (value: string) => string | null): readonly TensorUse[] => {
  const biases = findBiases(graph, resolve);
  const dequantized = new Set(
    graph.nodes.flatMap(({ operator, outputs }) => (operator === 'DequantizeLinear' ? outputs : [])),
  );
  const uses = graph.nodes.flatMap((node) => usesOf(node, biases));
  const quantized = uses.find(({ value }) => dequantized.has(value));
  if (quantized !== undefined)
    refuse(`the ${quantized.parameter} of "${quantized.node.name}" is quantized; export the float model`);
  return uses;
};

/**
 * Nodes whose layer has a bias of zeros: optimizers leave such a bias out. (A convolution before a batch norm has none.)
 */
export const unbiasedNodes = (graph: OnnxGraphView, uses: readonly TensorUse[]): ReadonlySet<OnnxGraphNode> => {
  const biased = new Set(uses.filter(({ parameter }) => parameter === 'bias').map(({ node }) => node));
  const normalized = new Set(graph.nodes.flatMap(({ operator, inputs }) => (operator === BATCH_NORM ? inputs : [])));
  return new Set(
    graph.nodes.filter(
      (node) =>
        (node.operator === 'Conv' || node.operator === 'Gemm') &&
        !biased.has(node) &&
        !normalized.has(node.outputs[0] ?? ''),
    ),
  );
};

/**
 * The weights in an ONNX model of anybody's, as the state dict that it was exported from. Only what convolutions, dense
 * layers and batch norms use is taken; what an exporter folded stays folded (naming/load-weights.ts knows how).
 */
import {
  checkTensorName,
  ELEMENT_TYPES,
  MAX_TENSORS,
  refuse,
  type Checkpoint,
  type CheckpointTensor,
} from './checkpoint-tensor.js';
import { viewOnnxGraph, type OnnxGraphNode, type OnnxGraphView } from './onnx-graph.js';
import { namesOfUse } from './onnx-names.js';
import { readOnnxTensor } from './onnx-tensor.js';

/** How a tensor lies in the file: as PyTorch keeps it, [in, out], or with axes of 1 around its channels. */
type Layout = 'same' | 'transposed' | 'flat';

/** A tensor in its place at a node. */
interface Use {
  readonly value: string;
  readonly node: OnnxGraphNode;
  readonly parameter: string;
  readonly layout: Layout;
}

const BATCH_NORM = ['weight', 'bias', 'running_mean', 'running_var'] as const;
const QUANTIZED: ReadonlySet<string> = new Set([
  'QLinearConv',
  'QLinearMatMul',
  'ConvInteger',
  'MatMulInteger',
  'QGemm',
]);
/** Aliases of aliases; exporters write one. */
const MAX_ALIASES = 8;

const checkGemm = ({ name, numbers }: OnnxGraphNode): void => {
  const [alpha, beta, transposed] = [numbers.get('alpha') ?? 1, numbers.get('beta') ?? 1, numbers.get('transA') ?? 0];
  if (alpha !== 1 || beta !== 1 || transposed !== 0)
    refuse(`its Gemm "${name}" scales or transposes (alpha ${alpha}, beta ${beta}, transA ${transposed})`, { name });
};

/** What each node uses, where the node's kind says what for. `addedTo` finds the Add behind a node's output. */
const usesOf = (node: OnnxGraphNode, addedTo: (output: string) => Use | null): readonly Use[] => {
  const [, weight = '', bias = ''] = node.inputs;
  const use = (value: string, parameter: string, layout: Layout = 'same'): Use[] =>
    value === '' ? [] : [{ value, node, parameter, layout }];
  switch (node.operator) {
    case 'Conv': {
      const added = bias === '' ? addedTo(node.outputs[0] ?? '') : null;
      return [...use(weight, 'weight'), ...use(bias, 'bias'), ...(added === null ? [] : [{ ...added, node }])];
    }
    case 'Gemm':
      checkGemm(node);
      return [
        ...use(weight, 'weight', (node.numbers.get('transB') ?? 0) === 0 ? 'transposed' : 'same'),
        ...use(bias, 'bias'),
      ];
    case 'MatMul': {
      // Without a bias it is no dense layer but a fixed product, as of a pooling.
      const added = addedTo(node.outputs[0] ?? '');
      return added === null ? [] : [...use(weight, 'weight', 'transposed'), { ...added, node }];
    }
    case 'BatchNormalization':
      return BATCH_NORM.flatMap((parameter, index) => use(node.inputs[index + 1] ?? '', parameter));
    default:
      return QUANTIZED.has(node.operator)
        ? refuse(`its node "${node.name}" is quantized (${node.operator}); export the float model`, { name: node.name })
        : [];
  }
};

/** Names of tensors through Identity nodes: exporters keep one of equal tensors and alias the others. */
const createResolver = ({ nodes, tensors }: OnnxGraphView): ((value: string) => string | null) => {
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

const transpose = (name: string, tensor: CheckpointTensor): CheckpointTensor => {
  const [rows, columns, ...more] = tensor.shape;
  if (rows === undefined || columns === undefined || more.length > 0)
    return refuse(`"${name}" has the shape [${tensor.shape.join(', ')}], expected [in, out]`, { name });
  const data = new ELEMENT_TYPES[tensor.dtype](tensor.data.length);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      data[column * rows + row] = tensor.data[row * columns + column] ?? 0;
  return { ...tensor, shape: [columns, rows], data };
};

const layOut = (name: string, tensor: CheckpointTensor, layout: Layout): CheckpointTensor => {
  if (layout === 'transposed') return transpose(name, tensor);
  return layout === 'flat' ? { ...tensor, shape: [tensor.data.length] } : tensor;
};

/** The Add that gives a layer its bias: of the layer's output and of a tensor with one axis longer than 1, its channels. */
const createBiasFinder = ({ nodes, tensors }: OnnxGraphView, resolve: (value: string) => string | null) => {
  const biases = new Map<string, Use>();
  for (const node of nodes) {
    if (node.operator !== 'Add') continue;
    for (const [output = '', value = ''] of [node.inputs, node.inputs.toReversed()]) {
      const shape = tensors.get(resolve(value) ?? '')?.shape;
      if (shape?.filter((size) => size > 1).length === 1)
        biases.set(output, { value, node, parameter: 'bias', layout: 'flat' });
    }
  }
  return (output: string): Use | null => biases.get(output) ?? null;
};

/**
 * The tensors that an ONNX model's layers use, under the names that their module gave them: an initializer's own name
 * where it says something, else the path of the node that uses it. Dense weights are [out, in], whichever way they lie.
 * @throws AppError `checkpoint_unfit` for what is no ONNX model, for quantized ones, and for weights in other files.
 */
export const readOnnxInitializers = (bytes: Uint8Array): Checkpoint => {
  const graph = viewOnnxGraph(bytes);
  const resolve = createResolver(graph);
  const findBias = createBiasFinder(graph, resolve);
  const dequantized = new Set(
    graph.nodes.flatMap(({ operator, outputs }) => (operator === 'DequantizeLinear' ? outputs : [])),
  );
  const read = new Map<string, CheckpointTensor>();
  const checkpoint = new Map<string, CheckpointTensor>();
  for (const { value, node, parameter, layout } of graph.nodes.flatMap((each) => usesOf(each, findBias))) {
    if (dequantized.has(value)) refuse(`the ${parameter} of "${node.name}" is quantized; export the float model`);
    const source = resolve(value);
    const view = graph.tensors.get(source ?? '');
    // Computed on the way: not a weight.
    if (view === undefined) continue;
    const names = namesOfUse(value, node, parameter);
    const origin = `${layout} ${source}`;
    // Shared tensors are read once: an alias costs a few bytes of the file and may not cost more here.
    const tensor = read.get(origin) ?? layOut(names[0] ?? value, readOnnxTensor(names[0] ?? value, view), layout);
    read.set(origin, tensor);
    // A module that is called twice uses the same tensors under the same names.
    const name = names.find((each) => !checkpoint.has(each)) ?? names.find((each) => checkpoint.get(each) === tensor);
    if (name === undefined) return refuse(`two of its tensors are named "${names.join('" and "')}"`, { names });
    checkpoint.set(checkTensorName(name), tensor);
    if (checkpoint.size > MAX_TENSORS) refuse(`it holds more than ${MAX_TENSORS} tensors`);
  }
  if (checkpoint.size === 0) refuse('its ONNX graph holds no weights of convolutions, dense layers or batch norms');
  return checkpoint;
};

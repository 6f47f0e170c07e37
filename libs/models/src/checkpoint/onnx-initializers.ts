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
import { viewOnnxGraph } from './onnx-graph.js';
import { namesOfUse } from './onnx-names.js';
import { readOnnxTensor, type OnnxTensorView } from './onnx-tensor.js';
import { createResolver, tensorUses, unbiasedNodes, type Layout } from './onnx-uses.js';

const WEIGHT_SUFFIX = '.weight';

const transpose = (name: string, tensor: CheckpointTensor): CheckpointTensor => {
  const [rows, columns, ...more] = tensor.shape;
  if (rows === undefined || columns === undefined || more.length > 0)
    return refuse(`"${name}" has the shape [${tensor.shape.join(', ')}], expected [in, out]`, { name });
  const { length } = tensor.data;
  const data = new ELEMENT_TYPES[tensor.dtype](length);
  // By elements: one axis may be of any length where the other is 0.
  for (let at = 0; at < length; at += 1) data[(at % columns) * rows + Math.floor(at / columns)] = tensor.data[at] ?? 0;
  return { ...tensor, shape: [columns, rows], data };
};

const layOut = (name: string, tensor: CheckpointTensor, layout: Layout): CheckpointTensor => {
  if (layout === 'transposed') return transpose(name, tensor);
  return layout === 'flat' ? { ...tensor, shape: [tensor.data.length] } : tensor;
};

/** Reads a tensor once, however often it is used: an alias costs a few bytes of the file and may not cost more here. */
const createReader = () => {
  const read = new Map<string, CheckpointTensor>();
  return (options: { name: string; source: string; view: OnnxTensorView; layout: Layout }): CheckpointTensor => {
    const { name, source, view, layout } = options;
    const key = `${layout} ${source}`;
    const tensor = read.get(key) ?? layOut(name, readOnnxTensor(name, view), layout);
    read.set(key, tensor);
    return tensor;
  };
};

/** The bias of zeros that belongs to a weight [out, …]. */
const zeroBias = (weight: CheckpointTensor): CheckpointTensor | null => {
  const [units = 0] = weight.shape;
  return weight.data.length < units ? null : { shape: [units], dtype: 'F32', data: new Float32Array(units) };
};

/**
 * The tensors that an ONNX model's layers use, under the names that their module gave them: an initializer's own name
 * where it says something, else the module of the node that uses it. Dense weights are [out, in], whichever way they lie.
 * @throws AppError `checkpoint_unfit` for what is no ONNX model, for quantized ones, and for weights in other files.
 */
export const readOnnxInitializers = (bytes: Uint8Array): Checkpoint => {
  const graph = viewOnnxGraph(bytes);
  const resolve = createResolver(graph);
  const uses = tensorUses(graph, resolve);
  const unbiased = unbiasedNodes(graph, uses);
  const read = createReader();
  const checkpoint = new Map<string, CheckpointTensor>();
  for (const { value, node, parameter, layout } of uses) {
    const source = resolve(value);
    const view = graph.tensors.get(source ?? '');
    // Computed on the way: not a weight.
    if (source === null || view === undefined) continue;
    const names = namesOfUse(value, node, parameter);
    const tensor = read({ name: names[0] ?? value, source, view, layout });
    // A module that is called twice uses the same tensors under the same names.
    const name = names.find((each) => !checkpoint.has(each)) ?? names.find((each) => checkpoint.get(each) === tensor);
    if (name === undefined) return refuse(`two of its tensors are named "${names.join('" and "')}"`, { names });
    checkpoint.set(checkTensorName(name), tensor);
    const bias = unbiased.has(node) && name.endsWith(WEIGHT_SUFFIX) ? zeroBias(tensor) : null;
    if (bias !== null) checkpoint.set(`${name.slice(0, -WEIGHT_SUFFIX.length)}.bias`, bias);
    if (checkpoint.size > MAX_TENSORS) refuse(`it holds more than ${MAX_TENSORS} tensors`);
  }
  if (checkpoint.size === 0) refuse('its ONNX graph holds no weights of convolutions, dense layers or batch norms');
  return checkpoint;
};

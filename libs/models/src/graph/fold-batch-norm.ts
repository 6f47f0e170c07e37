/**
 * Folds each batch norm into the convolution before it: inference needs one operation, not two.
 * With s = scale / √(variance + epsilon): weight' = weight · s, bias' = (bias − mean) · s + shift (in float64, rounded once).
 */
import { parameterName, type BatchNormLayer, type ConvLayer, type Graph, type Layer } from './layers.js';
import { weightOf, type Weights } from './weights.js';

export interface FoldedGraph {
  readonly graph: Graph;
  readonly weights: Weights;
}

const foldInto = (
  conv: ConvLayer,
  norm: BatchNormLayer,
  weights: Weights,
): { weight: Float32Array; bias: Float32Array } => {
  const kernel = weightOf(weights, conv.name, 'weight');
  const ofNorm = (parameter: string): Float32Array => weightOf(weights, norm.name, parameter);
  const [scale, shift, mean, variance] = [ofNorm('scale'), ofNorm('shift'), ofNorm('mean'), ofNorm('variance')];
  const before = conv.bias ? weightOf(weights, conv.name, 'bias') : new Float32Array(conv.filters);
  const weight = new Float32Array(kernel.length);
  const bias = new Float32Array(conv.filters);
  const perFilter = kernel.length / conv.filters;
  for (let filter = 0; filter < conv.filters; filter += 1) {
    const factor = (scale[filter] ?? NaN) / Math.sqrt((variance[filter] ?? NaN) + norm.epsilon);
    for (let at = filter * perFilter; at < (filter + 1) * perFilter; at += 1) weight[at] = (kernel[at] ?? NaN) * factor;
    bias[filter] = ((before[filter] ?? NaN) - (mean[filter] ?? NaN)) * factor + (shift[filter] ?? NaN);
  }
  return { weight, bias };
};

/**
 * The same function without batch norms. A folded convolution takes over the batch norm's name, so that whoever read its
 * output still does.
 * @throws RangeError when a batch norm doesn't follow a convolution that nothing else reads.
 */
export const foldBatchNorm = (graph: Graph, weights: Weights): FoldedGraph => {
  const readers = (name: string): number => graph.layers.filter((layer) => layer.inputs.includes(name)).length;
  const norms = new Map<string, BatchNormLayer>();
  for (const layer of graph.layers) {
    if (layer.kind !== 'batchNorm') continue;
    const source = graph.layers.find((candidate) => candidate.name === layer.inputs[0]);
    if (source?.kind !== 'conv' || readers(source.name) !== 1)
      throw new RangeError(`batch norm "${layer.name}" doesn't follow a convolution of its own`);
    norms.set(source.name, layer);
  }
  const folded = new Map(weights);
  const layers = graph.layers.flatMap((layer): Layer[] => {
    if (layer.kind === 'batchNorm') return [];
    const norm = norms.get(layer.name);
    if (layer.kind !== 'conv' || norm === undefined) return [layer];
    const { weight, bias } = foldInto(layer, norm, weights);
    folded.set(parameterName(norm.name, 'weight'), weight);
    folded.set(parameterName(norm.name, 'bias'), bias);
    return [{ ...layer, name: norm.name, bias: true }];
  });
  return { graph: { ...graph, layers }, weights: folded };
};

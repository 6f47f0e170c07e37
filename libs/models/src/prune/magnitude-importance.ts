/**
 * How much each channel matters, by the size of its weights: Li et al., "Pruning Filters for Efficient ConvNets",
 * arXiv:1608.08710, by the absolute weights of its filter; Liu et al., "Learning Efficient Convolutional Networks through
 * Network Slimming", arXiv:1708.06519, by the scale of the batch norm after it.
 */
import type { Graph } from '../graph/layers.js';
import { weightOf, type Weights } from '../graph/weights.js';
import { scoredGroups, type ChannelScores, type ScoredNetwork } from './channel-scores.js';

// By name: where a module runs in a context of its own, as under jest, each look at the global `Math` is dear.
const { abs, sqrt } = Math;

/** Sum of absolute weights of each filter. */
const filterSizes = (kernel: Float32Array, channels: number): Float64Array => {
  const sizes = new Float64Array(channels);
  const perFilter = kernel.length / channels;
  for (let channel = 0; channel < channels; channel += 1) {
    let sum = 0;
    for (let at = channel * perFilter; at < (channel + 1) * perFilter; at += 1) sum += abs(kernel[at] ?? NaN);
    sizes[channel] = sum;
  }
  return sizes;
};

/** |scale| / √(variance + epsilon): what the batch norm behind a convolution, if there is one, multiplies a channel by. */
const normFactorOf = (graph: Graph, weights: Weights, conv: string): ((channel: number) => number) => {
  const norm = graph.layers.find(({ kind, inputs }) => kind === 'batchNorm' && inputs[0] === conv);
  if (norm?.kind !== 'batchNorm') return () => 1;
  const [scale, variance] = [weightOf(weights, norm.name, 'scale'), weightOf(weights, norm.name, 'variance')];
  return (channel) => abs(scale[channel] ?? NaN) / sqrt((variance[channel] ?? NaN) + norm.epsilon);
};

/** Divided by their Euclidean norm, so that those of another layer can be compared with them. */
const normalize = (scores: Float64Array): Float64Array => {
  let squares = 0;
  for (const each of scores) squares += each * each;
  return squares === 0 ? scores : scores.map((each) => each / sqrt(squares));
};

/**
 * The sum of a filter's absolute weights, times what the batch norm behind it multiplies by; divided by the Euclidean norm of
 * the layer's. It sees nothing of what follows: on networks of inverted residuals `energyImportance` is far better.
 */
export const magnitudeImportance = (network: ScoredNetwork): ChannelScores => {
  const { graph, weights } = network;
  return new Map(
    scoredGroups(network).map(({ conv, channels }) => {
      const factorOf = normFactorOf(graph, weights, conv);
      const sizes = filterSizes(weightOf(weights, conv, 'weight'), channels);
      return [conv, normalize(sizes.map((size, channel) => size * factorOf(channel)))];
    }),
  );
};

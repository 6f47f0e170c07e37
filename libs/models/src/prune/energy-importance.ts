/**
 * How much each channel matters, by what can be expected of it from the weights alone, without an image: how strong it is
 * after its activation, and how much its readers make of it.
 */
import type { Activation, Graph } from '../graph/layers.js';
import { weightOf, type Weights } from '../graph/weights.js';
import { lastNormOf, scoredGroups, type ChannelScores, type ScoredNetwork } from './channel-scores.js';
import type { ChannelGroup } from './prunable-channels.js';

// By name: where a module runs in a context of its own, as under jest, each look at the global `Math` is dear.
const { exp, PI, sqrt } = Math;

const clip = (x: number, max: number): number => (x < 0 ? 0 : x > max ? max : x);
const FUNCTIONS: Readonly<Record<Activation, (x: number) => number>> = {
  relu: (x) => (x < 0 ? 0 : x),
  relu6: (x) => clip(x, 6),
  silu: (x) => x / (1 + exp(-x)),
  sigmoid: (x) => 1 / (1 + exp(-x)),
  hardSwish: (x) => (x * clip(x + 3, 6)) / 6,
  hardSigmoid: (x) => clip(x + 3, 6) / 6,
};

/** A standard normal distribution as so many points with their shares. */
const POINTS = 41;
const REACH = 4;
const NORMAL: readonly (readonly [number, number])[] = Array.from({ length: POINTS }, (_, at) => {
  const z = (2 * REACH * at) / (POINTS - 1) - REACH;
  return [z, ((2 * REACH) / (POINTS - 1)) * (exp(-(z * z) / 2) / sqrt(2 * PI))];
});

/** Mean square of each channel after a batch norm and the activation that follows it, if one does. */
const meanSquares = (graph: Graph, weights: Weights, norm: string): Float64Array => {
  const next = graph.layers.find(({ kind, inputs }) => kind === 'activation' && inputs[0] === norm);
  const apply = next?.kind === 'activation' ? FUNCTIONS[next.activation] : (x: number) => x;
  const [scale, shift] = [weightOf(weights, norm, 'scale'), weightOf(weights, norm, 'shift')];
  const squares = new Float64Array(scale.length);
  for (let channel = 0; channel < squares.length; channel += 1) {
    let sum = 0;
    for (const [z, share] of NORMAL) {
      const value = apply((shift[channel] ?? NaN) + (scale[channel] ?? NaN) * z);
      sum += share * value * value;
    }
    squares[channel] = sum;
  }
  return squares;
};

/** Sum of squared weights of each filter: the mean square of its output, but for a factor, when its inputs are alike. */
const filterSquares = (kernel: Float32Array, channels: number): Float64Array => {
  const squares = new Float64Array(channels);
  const perFilter = kernel.length / channels;
  for (let at = 0; at < kernel.length; at += 1) {
    const channel = (at - (at % perFilter)) / perFilter;
    squares[channel] = (squares[channel] ?? NaN) + (kernel[at] ?? NaN) ** 2;
  }
  return squares;
};

/** (scale / √(variance + epsilon))² of the batch norm behind a reader, by its output; 1 where there is none. */
const normGains = (graph: Graph, weights: Weights, reader: string, outputs: number): Float64Array => {
  const gains = new Float64Array(outputs).fill(1);
  const norm = graph.layers.find(({ kind, inputs }) => kind === 'batchNorm' && inputs[0] === reader);
  if (norm?.kind !== 'batchNorm') return gains;
  const [scale, variance] = [weightOf(weights, norm.name, 'scale'), weightOf(weights, norm.name, 'variance')];
  return gains.map((_, at) => (scale[at] ?? NaN) ** 2 / ((variance[at] ?? NaN) + norm.epsilon));
};

/** Adds, for each channel, the squared weights that one reader has for it, times the gain of the batch norm behind. */
const addReader = (sums: Float64Array, weight: Float32Array, gains: Float64Array): void => {
  const channels = sums.length;
  const inner = weight.length / gains.length / channels;
  let at = 0;
  for (const gain of gains)
    for (let channel = 0; channel < channels; channel += 1) {
      let squares = 0;
      for (const end = at + inner; at < end; at += 1) squares += (weight[at] ?? NaN) ** 2;
      sums[channel] = (sums[channel] ?? NaN) + gain * squares;
    }
};

/** Of each channel, the squared weights of all its readers. */
const readerSquares = (graph: Graph, weights: Weights, { channels, readers }: ChannelGroup): Float64Array => {
  const sums = new Float64Array(channels);
  for (const layer of graph.layers)
    if ((layer.kind === 'conv' || layer.kind === 'dense') && readers.includes(layer.name)) {
      const outputs = layer.kind === 'conv' ? layer.filters : layer.units;
      addReader(sums, weightOf(weights, layer.name, 'weight'), normGains(graph, weights, layer.name, outputs));
    }
  return sums;
};

/** As shares of their sum. */
const sharesOf = (scores: Float64Array): Float64Array => {
  let sum = 0;
  for (const each of scores) sum += each;
  return sum === 0 ? scores : scores.map((each) => each / sum);
};

/**
 * The energy that a channel brings into its readers' outputs: its mean square, times the squared weights with which they
 * take it, as the batch norms behind them scale them. Before its activation a channel is taken to be normally distributed,
 * the mean and deviation being the shift and scale of its batch norm (Nagel et al., "Data-Free Quantization through
 * Weight Equalization and Bias Correction", arXiv:1906.04721, section 4.2, expects outputs so). Where no batch norm says how
 * strong a channel is, the squared weights of its filter do, as shares of the layer's energy.
 *
 * The same weights give the same scores. Where examples are at hand, `taylorImportance` is better still.
 */
export const energyImportance = (network: ScoredNetwork): ChannelScores => {
  const { graph, weights } = network;
  return new Map(
    scoredGroups(network).map((group) => {
      const norm = lastNormOf(graph, group);
      const own =
        norm === null
          ? filterSquares(weightOf(weights, group.conv, 'weight'), group.channels)
          : meanSquares(graph, weights, norm);
      const readers = readerSquares(graph, weights, group);
      const energies = own.map((square, channel) => square * (readers[channel] ?? NaN));
      return [group.conv, norm === null ? sharesOf(energies) : energies];
    }),
  );
};

/**
 * How much each channel matters, by how much the loss would change without it, to first order: Molchanov et al., "Importance
 * Estimation for Neural Network Pruning", arXiv:1906.10771, equation 8, with a gate on each channel (section 3.2).
 */
import { layerNamed, type Graph } from '../graph/layers.js';
import { weightOf } from '../graph/weights.js';
import { lastNormOf, scoredGroups, type ChannelScores, type ScoredNetwork } from './channel-scores.js';
import type { ChannelGroup } from './prunable-channels.js';

/** Where a channel's gate is thought to be: parameters whose product with their gradients is the gate's gradient. */
export interface Gate {
  readonly layer: string;
  readonly parameters: readonly string[];
}

/**
 * Behind the group's last batch norm, which is the nearest to who reads it (for an inverted residual, after the
 * depthwise convolution); where it has none, behind the convolution itself.
 */
export const gateOf = (graph: Graph, group: ChannelGroup): Gate => {
  const norm = lastNormOf(graph, group);
  if (norm !== null) return { layer: norm, parameters: ['scale', 'shift'] };
  const layer = layerNamed(graph, group.conv);
  return { layer: layer.name, parameters: layer.kind === 'conv' && layer.bias ? ['weight', 'bias'] : ['weight'] };
};

/** Adds each channel's Σ gradient · weight of one parameter. */
const addProducts = (sums: Float64Array, gradient: Float32Array, values: Float32Array): void => {
  const perChannel = values.length / sums.length;
  for (let channel = 0; channel < sums.length; channel += 1) {
    let sum = 0;
    for (let at = channel * perChannel; at < (channel + 1) * perChannel; at += 1)
      sum += (gradient[at] ?? NaN) * (values[at] ?? NaN);
    sums[channel] = (sums[channel] ?? NaN) + sum;
  }
};

export interface TaylorSums {
  /** @throws RangeError when a gradient is missing. */
  add(gradients: ReadonlyMap<string, Float32Array>): void;
  /** @throws RangeError when there was no batch. */
  scores(): ChannelScores;
}

/** What `taylorScores` says, batch by batch: a batch's gradients needn't be kept. */
export const createTaylorSums = (network: ScoredNetwork): TaylorSums => {
  const { graph, weights } = network;
  const groups = scoredGroups(network).map(({ conv, channels, ...group }) => ({
    conv,
    gate: gateOf(graph, { conv, channels, ...group }),
    sums: new Float64Array(channels),
  }));
  let batches = 0;
  return {
    add: (gradients) => {
      batches += 1;
      for (const { gate, sums } of groups) {
        const products = new Float64Array(sums.length);
        for (const parameter of gate.parameters)
          addProducts(products, weightOf(gradients, gate.layer, parameter), weightOf(weights, gate.layer, parameter));
        for (let at = 0; at < sums.length; at += 1) sums[at] = (sums[at] ?? NaN) + (products[at] ?? NaN) ** 2;
      }
    },
    scores: () => {
      if (batches === 0) throw new RangeError('there was no batch of gradients');
      return new Map(groups.map(({ conv, sums }) => [conv, sums.map((sum) => sum / batches)]));
    },
  };
};

/**
 * (Σ gradient · weight over the gate's parameters)² of each channel, the mean over batches.
 * @param options.gradients of the mean loss of one batch each: by `parameterName`, in the graph's layout, those of the batch
 * norms' scale and shift, and of the convolutions that no batch norm follows.
 * @throws RangeError when a gradient is missing, or there is no batch.
 */
export const taylorScores = (
  options: ScoredNetwork & { readonly gradients: Iterable<ReadonlyMap<string, Float32Array>> },
): ChannelScores => {
  const sums = createTaylorSums(options);
  for (const batch of options.gradients) sums.add(batch);
  return sums.scores();
};

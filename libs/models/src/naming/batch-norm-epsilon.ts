/**
 * Libraries build the same network with different epsilons in its batch norms: timm's EfficientNet-B5 has 1e-5 where
 * torchvision's has 1e-3. Only variance + epsilon counts, so variances move by the difference when weights come in or go out,
 * and the network computes what it did at home. A variance below the difference becomes negative by that; its sum with the
 * epsilon never does.
 */
import type { Graph } from '../graph/layers.js';
import type { CheckpointNaming } from './checkpoint-naming.js';

/** For each batch norm, by name: its own epsilon, and what its variance in the library is more than in the graph. */
export interface EpsilonGap {
  readonly epsilon: number;
  readonly gap: number;
}

export const epsilonGaps = (graph: Graph, naming: CheckpointNaming): ReadonlyMap<string, EpsilonGap> =>
  new Map(
    graph.layers.flatMap((layer) =>
      layer.kind === 'batchNorm'
        ? [[layer.name, { epsilon: layer.epsilon, gap: layer.epsilon - (naming.epsilon ?? layer.epsilon) }]]
        : [],
    ),
  );

/**
 * Whether one of a library's variances is negative beyond what its epsilon makes up for: no root could be taken of it. (A
 * little below 0 is what an earlier move left.)
 */
export const hasNegative = (values: Float32Array, norm: EpsilonGap | undefined): boolean => {
  const epsilon = norm === undefined ? 0 : norm.epsilon - norm.gap;
  return values.some((value) => value < 0 && value + epsilon <= 0);
};

/** A library's variances as the graph's. */
export const toGraphVariance = (values: Float32Array, norm: EpsilonGap | undefined): Float32Array => {
  const gap = norm?.gap ?? 0;
  return gap === 0 ? values : values.map((value) => value - gap);
};

/** The graph's variances as a library's; what rounding would leave below 0 is 0. */
export const toLibraryVariance = (values: Float32Array, norm: EpsilonGap | undefined): Float32Array => {
  const gap = norm?.gap ?? 0;
  return gap === 0 ? values : values.map((value) => Math.max(0, value + gap));
};

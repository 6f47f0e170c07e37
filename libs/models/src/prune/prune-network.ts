/** A network with fewer channels and what it had learned in those that remain. */
import { countMacs } from '../graph/count.js';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import type { ChannelScores } from './channel-scores.js';
import { energyImportance } from './energy-importance.js';
import { narrowGraph } from './narrow-graph.js';
import { countKept, narrowWeights } from './narrow-weights.js';
import { planPruning } from './plan-pruning.js';
import type { PruningTarget } from './pruning-target.js';

export interface PrunedNetwork {
  /** `narrowGraph` of the graph that was pruned and `channels`. */
  readonly graph: Graph;
  readonly weights: Weights;
  /** How many channels are left of each convolution that lost some. */
  readonly channels: ReadonlyMap<string, number>;
  /** Share of the multiply-accumulates that remains, at most what was asked for. */
  readonly macsShare: number;
}

/**
 * Removes the channels that matter least until so much of the network's multiply-accumulates remains. It answers worse than
 * before, until it is trained again. The same weights and scores give the same network.
 * @param options.scores default: `energyImportance`; what has no score stays as it is.
 * @param options.fixed for the default scores: layers whose outputs keep their channels; default: what the last layer reads.
 * @throws AppError `invalid_request` as `planPruning` does.
 */
export const pruneNetwork = (
  options: PruningTarget & {
    readonly graph: Graph;
    readonly weights: Weights;
    readonly scores?: ChannelScores;
    readonly fixed?: readonly string[];
  },
): PrunedNetwork => {
  const { graph, weights, scores = energyImportance(options) } = options;
  const kept = planPruning({ ...options, scores });
  const channels = countKept(kept);
  const narrowed = narrowGraph(graph, channels);
  return {
    graph: narrowed,
    weights: narrowWeights(graph, weights, kept),
    channels,
    macsShare: countMacs(narrowed) / countMacs(graph),
  };
};

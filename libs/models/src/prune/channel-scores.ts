/** What a pruning goes by: how much each channel matters. */
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { prunableChannels, type ChannelGroup } from './prunable-channels.js';

/**
 * By a group's convolution, a number for each of its channels: 0 for one that does nothing, more the more it matters. Those of
 * several channels may be added up, and compared between groups.
 */
export type ChannelScores = ReadonlyMap<string, Float64Array>;

export interface ScoredNetwork {
  readonly graph: Graph;
  readonly weights: Weights;
  /** Layers whose outputs keep their channels; default: what the last layer reads (`prunableChannels`). */
  readonly fixed?: readonly string[];
}

/** The groups of a network that may be scored. */
export const scoredGroups = ({ graph, fixed }: Pick<ScoredNetwork, 'graph' | 'fixed'>): readonly ChannelGroup[] =>
  prunableChannels(graph, fixed === undefined ? {} : { fixed });

/** The group's last batch norm, the nearest to who reads its channels; null where it has none. */
export const lastNormOf = (graph: Graph, { members }: ChannelGroup): string | null =>
  graph.layers.findLast(({ kind, name }) => kind === 'batchNorm' && members.includes(name))?.name ?? null;

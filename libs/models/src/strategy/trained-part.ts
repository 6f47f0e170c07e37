/** Which part of a network a strategy trains. */
import type { Strategy } from '@graft/contracts';
import type { Architecture } from '../architectures/architecture.js';
import { cutBefore, stagesOf } from '../architectures/stages.js';
import { countMacs, countParameters } from '../graph/count.js';
import { graphAfter } from '../graph/cut-graph.js';
import type { Graph } from '../graph/layers.js';

export interface TrainedPart {
  /** The layer whose output is embedded. */
  readonly cut: string;
  readonly learnsFromActivations: boolean;
  /** What trains: the graph after the cut, or the whole. */
  readonly graph: Graph;
  readonly trainedParameters: number;
  readonly frozenParameters: number;
  /** Multiply-accumulates of what trains, as a share of the whole network's. */
  readonly costShare: number;
}

/**
 * Stages hold very different shares of a network: the last one is a fifth of a ResNet's multiplications, a twentieth of an
 * EfficientNet's (its last 1×1 convolution), and nothing to speak of in a VGG (dense layers). So the default is a share of
 * the work, and the most of the parameters that it may bring along.
 */
const LEAST_COST_SHARE = 0.04;
const MOST_PARAMETER_SHARE = 0.8;

/** How many stages of a network could learn on cached activations at most: one is left to freeze. */
export const mostStages = (architecture: Architecture, graph: Graph): number =>
  Math.max(stagesOf(architecture, graph).length - 2, 0);

/**
 * How many stages `partial` trains where the pipeline doesn't say: as few as hold 4% of the network's multiplications, without
 * going over four fifths of its parameters; at least one.
 */
export const defaultStages = (architecture: Architecture, graph: Graph): number => {
  const [macs, parameters] = [countMacs(graph), countParameters(graph)];
  let stages = 1;
  for (let count = 1; count <= mostStages(architecture, graph); count += 1) {
    const tail = graphAfter(graph, cutBefore(architecture, graph, count));
    if (countParameters(tail) > MOST_PARAMETER_SHARE * parameters) break;
    stages = count;
    if (countMacs(tail) >= LEAST_COST_SHARE * macs) break;
  }
  return stages;
};

/**
 * @param stages of `partial`.
 * @throws AppError `invalid_request` when the network has too few stages.
 */
export const trainedPart = (
  architecture: Architecture,
  graph: Graph,
  { strategy, stages }: { readonly strategy: Strategy; readonly stages: number },
): TrainedPart => {
  const learnsFromActivations = strategy === 'head' || strategy === 'partial';
  const cut = strategy === 'partial' ? cutBefore(architecture, graph, stages) : architecture.cut;
  const trained = learnsFromActivations ? graphAfter(graph, cut) : graph;
  const trainedParameters = countParameters(trained);
  return {
    cut,
    learnsFromActivations,
    graph: trained,
    trainedParameters,
    frozenParameters: countParameters(graph) - trainedParameters,
    costShare: countMacs(trained) / countMacs(graph),
  };
};

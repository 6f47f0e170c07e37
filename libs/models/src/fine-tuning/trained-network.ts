/** Which part of a network a plan trains, and where its weights start. */
import type { TrainingPlan } from '@graft/contracts';
import type { Architecture } from '../architectures/architecture.js';
import { findArchitecture } from '../architectures/find-architecture.js';
import { graphOf } from '../architectures/graph-of.js';
import { stagesOf } from '../architectures/stages.js';
import { describeNetwork } from '../catalog/catalog.js';
import type { Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { graphAfter } from '../graph/cut-graph.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { loadFeatureNetwork } from '../network/load-network.js';

export interface TrainedNetwork {
  readonly architecture: Architecture;
  /** What runs while training: the network after the cut where training reads activations, else the whole of it. */
  readonly graph: Graph;
  /** Layers with parameters that learn, stage by stage from the input on; the classifier is the last. */
  readonly stages: readonly (readonly string[])[];
}

type Planned = Pick<TrainingPlan, 'backbone' | 'inputSize' | 'cut' | 'learnsFromActivations' | 'strategy'>;

const wholeGraph = (architecture: Architecture, { inputSize }: Planned, classes: number): Graph =>
  graphOf(architecture, { height: inputSize, width: inputSize }, classes);

/** @throws AppError `not_found` or `invalid_request` when the plan's network isn't one that there is, or can't take its input size. */
export const trainedNetwork = (plan: Planned, classes: number): TrainedNetwork => {
  const architecture = findArchitecture(describeNetwork(plan.backbone).architecture);
  const whole = wholeGraph(architecture, plan, classes);
  const tail = graphAfter(whole, plan.cut);
  const learning = plan.strategy === 'head' || plan.strategy === 'partial' ? tail : whole;
  const names = new Set(learning.layers.map(({ name }) => name));
  return {
    architecture,
    graph: plan.learnsFromActivations ? tail : whole,
    stages: stagesOf(architecture, whole)
      .map(({ layers }) => layers.filter((layer) => names.has(layer)))
      .filter((layers) => layers.length > 0),
  };
};

/**
 * The parameters that training starts from: pre-trained ones and a classifier drawn by the seed, or all of them drawn.
 * @param checkpoint the pre-trained network; null: start from scratch.
 * @throws AppError `checkpoint_unfit` when the checkpoint isn't this architecture's.
 */
export const startWeights = (options: {
  readonly network: TrainedNetwork;
  readonly plan: Planned;
  readonly classes: number;
  readonly checkpoint: Checkpoint | null;
  readonly seed: number;
}): Weights => {
  const { network, plan, classes, checkpoint, seed } = options;
  const { architecture, graph } = network;
  if (checkpoint === null) return initializeWeights(graph, seed);
  const { inputSize } = plan;
  const trained = loadFeatureNetwork({ architecture, checkpoint, size: { height: inputSize, width: inputSize } });
  const classifier = graphAfter(wholeGraph(architecture, plan, classes), architecture.cut);
  const wanted = new Set(graph.layers.map(({ name }) => name));
  // By layer: a parameter's name is its layer's, a dot and one word.
  const layerOf = (parameter: string): string => parameter.slice(0, parameter.lastIndexOf('.'));
  return new Map([
    ...[...trained.weights].filter(([parameter]) => wanted.has(layerOf(parameter))),
    ...initializeWeights(classifier, seed),
  ]);
};

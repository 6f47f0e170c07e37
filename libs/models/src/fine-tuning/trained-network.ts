/** Which part of a network a plan trains, and where its weights start. */
import type { TrainingPlan } from '@graft/contracts';
import type { Architecture } from '../architectures/architecture.js';
import { findArchitecture } from '../architectures/find-architecture.js';
import { graphOf } from '../architectures/graph-of.js';
import { stagesOf } from '../architectures/stages.js';
import { describeNetwork } from '../catalog/catalog.js';
import type { Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { graphAfter, graphUpTo } from '../graph/cut-graph.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { loadFeatureNetwork } from '../network/load-network.js';
import { readTrainedWeights } from '../network/trained-weights.js';
import { narrowGraph } from '../prune/narrow-graph.js';
import type { FineTuning } from './fine-tuning.js';

export interface TrainedNetwork {
  readonly architecture: Architecture;
  /** What runs while training: the network after the cut where training reads activations, else the whole of it. */
  readonly graph: Graph;
  /** Layers with parameters that learn, stage by stage from the input on; the classifier is the last. */
  readonly stages: readonly (readonly string[])[];
}

type Planned = Pick<TrainingPlan, 'backbone' | 'inputSize' | 'cut' | 'learnsFromActivations' | 'strategy' | 'pruning'>;

/** The plan's whole network, classifier included; narrower where it was pruned. */
const wholeGraph = (architecture: Architecture, { inputSize, pruning }: Planned, classes: number): Graph => {
  const graph = graphOf(architecture, { height: inputSize, width: inputSize }, classes);
  return pruning === null ? graph : narrowGraph(graph, new Map(Object.entries(pruning.channels)));
};

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
 * The parameters that training starts from: pre-trained ones and a classifier drawn by the seed, all of them drawn, or what
 * pruning left.
 * @param checkpoint the pre-trained network, or the pruned one under its own names; null: start from scratch.
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
  if (plan.pruning !== null) return readTrainedWeights({ network: plan.backbone, graph, tensors: checkpoint });
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

/** Beside the cross-entropy, whose size is about 1 at first, as the share of the features that is missed is. */
export const TEACHER_WEIGHT = 10;

/**
 * The network that a recovery's features are held against: the whole one, up to the plan's feature vector.
 * @param tensors of the whole network, under its own names.
 * @throws AppError `checkpoint_unfit` when they aren't that network's.
 */
export const teacherNetwork = (
  plan: Planned & { readonly pruning: NonNullable<TrainingPlan['pruning']> },
  { classes, tensors }: { readonly classes: number; readonly tensors: Checkpoint },
): NonNullable<FineTuning['teacher']> => {
  const architecture = findArchitecture(describeNetwork(plan.backbone).architecture);
  const whole = wholeGraph(architecture, { ...plan, pruning: null }, classes);
  const weights = readTrainedWeights({ network: plan.backbone, graph: whole, tensors });
  const graph = graphUpTo(whole, architecture.cut);
  return { graph, weights, layer: architecture.cut, weight: plan.pruning.teacher.weight };
};

/**
 * All of what a training ended with: what it trained, and beside it what stayed frozen.
 * @param trained as `readTrainedWeights` gives them for `trainedNetwork`'s graph.
 * @param frozen the pre-trained network; null where everything was trained.
 * @throws AppError `checkpoint_unfit` when the checkpoint isn't this architecture's.
 */
export const wholeTrainedNetwork = (options: {
  readonly plan: Planned;
  readonly classes: number;
  readonly trained: Weights;
  readonly frozen: Checkpoint | null;
}): { graph: Graph; weights: Weights } => {
  const { plan, classes, trained, frozen } = options;
  const { inputSize } = plan;
  const architecture = findArchitecture(describeNetwork(plan.backbone).architecture);
  const graph = wholeGraph(architecture, plan, classes);
  if (frozen === null) return { graph, weights: trained };
  const size = { height: inputSize, width: inputSize };
  const { weights } = loadFeatureNetwork({ architecture, checkpoint: frozen, size });
  // What was trained overwrites what it was trained from.
  return { graph, weights: new Map([...weights, ...trained]) };
};

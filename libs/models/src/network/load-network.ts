/** An architecture with somebody's weights in it: where every use of a backbone begins. */
import type { Architecture } from '../architectures/architecture.js';
import { graphOf, type InputSize } from '../architectures/graph-of.js';
import type { Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { graphUpTo } from '../graph/cut-graph.js';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import type { CheckpointNaming } from '../naming/checkpoint-naming.js';
import { loadWeights } from '../naming/load-weights.js';
import { ownNaming } from '../naming/own-naming.js';

export interface Network {
  readonly architecture: Architecture;
  readonly graph: Graph;
  readonly weights: Weights;
}

const namingsFor = (architecture: Architecture, graph: Graph): readonly CheckpointNaming[] => [
  ...architecture.namings,
  ownNaming(graph, architecture.classifier),
];

/** How many classes a checkpoint's classifier has; null when it has none under any known name. */
const classesIn = (checkpoint: Checkpoint, architecture: Architecture): number | null => {
  const graph = graphOf(architecture, { height: architecture.inputSize, width: architecture.inputSize }, 1);
  const keys = namingsFor(architecture, graph).map((naming) => naming.place(architecture.classifier, 'weight', []).key);
  const found = [...checkpoint].find(([name]) => keys.some((key) => name === key || name.endsWith(`.${key}`)));
  return found?.[1].shape[0] ?? null;
};

/** What is expected of a checkpoint whose classifier can't be found: it is refused, and this one is listed as missing. */
const USUAL_CLASSES = 1000;

/**
 * The whole network, with as many classes as the checkpoint's classifier has.
 * @throws AppError `checkpoint_unfit` when the checkpoint isn't this architecture's, `invalid_request` for a size that it can't take.
 */
export const loadNetwork = (options: {
  architecture: Architecture;
  checkpoint: Checkpoint;
  size: InputSize;
}): Network => {
  const { architecture, checkpoint, size } = options;
  const graph = graphOf(architecture, size, classesIn(checkpoint, architecture) || USUAL_CLASSES);
  return {
    architecture,
    graph,
    weights: loadWeights({ network: architecture.name, graph, checkpoint, namings: namingsFor(architecture, graph) }),
  };
};

/**
 * The network up to its cut, whose output is the feature vector. The checkpoint's classifier, if it has one, is left
 * behind, whatever its shape.
 * @throws AppError as `loadNetwork` does.
 */
export const loadFeatureNetwork = (options: {
  architecture: Architecture;
  checkpoint: Checkpoint;
  size: InputSize;
}): Network => {
  const { architecture, checkpoint, size } = options;
  const whole = graphOf(architecture, size, 1);
  const graph = graphUpTo(whole, architecture.cut);
  const moduleOf = (naming: CheckpointNaming): string => naming.place(architecture.classifier, '', []).key;
  return {
    architecture,
    graph,
    weights: loadWeights({
      network: architecture.name,
      graph,
      checkpoint,
      namings: namingsFor(architecture, whole),
      mayIgnore: (key, naming) => key.startsWith(moduleOf(naming)),
    }),
  };
};

/** A backbone as it would be deployed for some labels, before anything is trained: what it costs doesn't depend on that. */
import { findArchitecture } from '../architectures/find-architecture.js';
import { graphOf } from '../architectures/graph-of.js';
import type { NetworkDescription } from '../catalog/backbone.js';
import type { Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { countMacs, countParameters } from '../graph/count.js';
import { graphAfter } from '../graph/cut-graph.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import { loadFeatureNetwork } from '../network/load-network.js';
import { buildTrainedClassifier } from '../onnx/build-classifier.js';
import { pruneNetwork } from '../prune/prune-network.js';

export interface BuiltCandidate {
  /** Input float32 [n, 3, inputSize, inputSize]; outputs as of `buildClassifier`. */
  readonly onnx: Uint8Array;
  /** Learned parameters and multiply-accumulates of one image, classifier included. */
  readonly parameters: number;
  readonly macs: number;
}

/**
 * The backbone with an untrained classifier, in float32; pruned by its weights alone where `macsShare` is given. It answers
 * nonsense, in the time and the bytes of a trained one. The same checkpoint gives the same bytes.
 * @param options.macsShare share of the multiply-accumulates that remains at most, above 0, below 1; null: nothing is pruned.
 * @throws AppError `checkpoint_unfit` when the checkpoint isn't this architecture's, `invalid_request` for an input that it can't
 * take, or a share that is out of reach.
 */
export const buildCandidate = (options: {
  readonly backbone: NetworkDescription;
  readonly checkpoint: Checkpoint;
  /** Height and width of the input, pixels. */
  readonly inputSize: number;
  readonly labels: readonly string[];
  readonly macsShare: number | null;
}): BuiltCandidate => {
  const { backbone, checkpoint, inputSize, labels, macsShare } = options;
  const architecture = findArchitecture(backbone.architecture);
  const size = { height: inputSize, width: inputSize };
  const graph = graphOf(architecture, size, labels.length);
  const { weights: features } = loadFeatureNetwork({ architecture, checkpoint, size });
  const weights = new Map([...features, ...initializeWeights(graphAfter(graph, architecture.cut), 0)]);
  const whole = { graph, weights };
  const network = macsShare === null ? whole : pruneNetwork({ ...whole, macsShare });
  return {
    onnx: buildTrainedClassifier({ backbone, ...network, labels, metadata: {} }),
    parameters: countParameters(network.graph),
    macs: countMacs(network.graph),
  };
};

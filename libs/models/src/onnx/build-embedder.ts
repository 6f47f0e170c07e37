/** The frozen part of a backbone as an ONNX artifact, and the whole of it for parity tests. */
import type { InputSize } from '../architectures/graph-of.js';
import { findArchitecture } from '../architectures/find-architecture.js';
import type { NetworkDescription } from '../catalog/backbone.js';
import type { Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { graphUpTo } from '../graph/cut-graph.js';
import { weightOf } from '../graph/weights.js';
import { loadFeatureNetwork, loadNetwork, type Network } from '../network/load-network.js';
import { graphToOnnx } from './graph-to-onnx.js';
import { joinHeadToModel } from './join-head.js';
import { encodeOnnx, type OnnxModel } from './onnx-model.js';

/** The name of an embedder's output. */
export const FEATURES = 'features';

export interface BackboneSource {
  readonly backbone: NetworkDescription;
  /** The backbone's weights, as `readCheckpoint` gives them. */
  readonly checkpoint: Checkpoint;
  /** Default: the backbone's own input size. */
  readonly size?: InputSize;
}

/** An architecture, its checkpoint and the size of its input. */
export const sourceOfNetwork = ({ backbone, checkpoint, size }: BackboneSource) => ({
  architecture: findArchitecture(backbone.architecture),
  checkpoint,
  size: size ?? { height: backbone.inputSize, width: backbone.inputSize },
});

export interface BuiltEmbedder {
  /** Input `input` float32 [n, 3, h, w], output `features` float32 [n, featureLength]. */
  readonly onnx: Uint8Array;
  /** The name of the last frozen layer. */
  readonly cut: string;
  readonly featureLength: number;
}

const embedderModel = (
  backbone: NetworkDescription,
  { graph, weights }: Pick<Network, 'graph' | 'weights'>,
): OnnxModel =>
  graphToOnnx({
    graph: graphUpTo(graph, backbone.cut),
    weights,
    graphName: backbone.name,
    outputName: FEATURES,
    metadata: { 'graft.backbone': backbone.name, 'graft.cut': backbone.cut },
  });

/**
 * The backbone up to its cut; the checkpoint's classifier, if any, is left behind. The same checkpoint gives the same bytes.
 * @throws AppError `checkpoint_unfit` when the checkpoint isn't this architecture's, `invalid_request` for a size that it
 * can't take.
 */
export const buildEmbedder = (source: BackboneSource): BuiltEmbedder => {
  const { backbone } = source;
  const model = embedderModel(backbone, loadFeatureNetwork(sourceOfNetwork(source)));
  return { onnx: encodeOnnx(model), cut: backbone.cut, featureLength: backbone.featureLength };
};

/**
 * The backbone with the checkpoint's own classifier: outputs `logits` and `probabilities` [n, classes]. Its labels are the
 * class numbers, "0" and up. `metadata` goes into the model's metadata_props.
 * @throws AppError as `buildEmbedder` does.
 */
export const buildClassifier = (
  source: BackboneSource,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array => {
  const network = loadNetwork(sourceOfNetwork(source));
  const { classifier } = network.architecture;
  const head = {
    weights: weightOf(network.weights, classifier, 'weight'),
    bias: weightOf(network.weights, classifier, 'bias'),
  };
  const labels = Array.from({ length: head.bias.length }, (_, index) => String(index));
  return encodeOnnx(joinHeadToModel(embedderModel(source.backbone, network), { head, labels, metadata }));
};

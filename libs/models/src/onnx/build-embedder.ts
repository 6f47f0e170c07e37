/** The frozen part of a backbone as an ONNX artifact, and the whole of it for parity tests. */
import { findArchitecture } from '../architectures/find-architecture.js';
import type { Backbone } from '../catalog/backbone.js';
import type { Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { graphUpTo, type Graph } from '../graph/layers.js';
import { loadWeights, weightOf, type Weights } from '../graph/weights.js';
import { graphToOnnx } from './graph-to-onnx.js';
import { joinHead } from './join-head.js';
import { encodeOnnx } from './onnx-model.js';

/** The name of an embedder's output. */
export const FEATURES = 'features';

export interface BackboneSource {
  readonly backbone: Backbone;
  /** The backbone's weights, as `readCheckpoint` gives them. */
  readonly checkpoint: Checkpoint;
}

export interface BuiltEmbedder {
  /** Input `input` float32 [n, 3, h, w], output `features` float32 [n, featureLength]. */
  readonly onnx: Uint8Array;
  /** The name of the last frozen layer. */
  readonly cut: string;
  readonly featureLength: number;
}

/** A backbone's whole graph and its weights, every name and shape checked. */
export const loadBackbone = ({ backbone, checkpoint }: BackboneSource): { graph: Graph; weights: Weights } => {
  const { graph: describe, checkpointNames: names } = findArchitecture(backbone.architecture);
  const graph = describe({ inputSize: backbone.inputSize, classes: backbone.classes });
  return { graph, weights: loadWeights({ graph, checkpoint, names }) };
};

/**
 * The backbone up to its cut. The same checkpoint gives the same bytes.
 * @throws AppError `checkpoint_unfit` when the checkpoint isn't this architecture's.
 */
export const buildEmbedder = (source: BackboneSource): BuiltEmbedder => {
  const { backbone } = source;
  const { graph, weights } = loadBackbone(source);
  const model = graphToOnnx({
    graph: graphUpTo(graph, backbone.cut),
    weights,
    graphName: backbone.name,
    outputName: FEATURES,
    metadata: { 'graft.backbone': backbone.name, 'graft.cut': backbone.cut },
  });
  return { onnx: encodeOnnx(model), cut: backbone.cut, featureLength: backbone.featureLength };
};

/**
 * The backbone with its own classifier: outputs `logits` and `probabilities` [n, classes]. Its labels are the class
 * numbers, "0" and up.
 * @throws AppError `checkpoint_unfit` when the checkpoint isn't this architecture's.
 */
export const buildClassifier = (source: BackboneSource): Uint8Array => {
  const { classifier } = findArchitecture(source.backbone.architecture);
  const { weights } = loadBackbone(source);
  return joinHead({
    embedderOnnx: buildEmbedder(source).onnx,
    head: { weights: weightOf(weights, classifier, 'weight'), bias: weightOf(weights, classifier, 'bias') },
    labels: Array.from({ length: source.backbone.classes }, (_, index) => String(index)),
    metadata: {},
  });
};

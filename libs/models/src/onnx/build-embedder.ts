/** The frozen part of a backbone as an ONNX artifact. */
import { AppError } from '@graft/contracts';
import type { InputSize } from '../architectures/graph-of.js';
import { findArchitecture } from '../architectures/find-architecture.js';
import type { NetworkDescription } from '../catalog/backbone.js';
import type { Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { graphUpTo } from '../graph/cut-graph.js';
import { elementsOf, inferShapes, shapeOf } from '../graph/infer-shapes.js';
import { loadFeatureNetwork, type Network } from '../network/load-network.js';
import { graphToOnnx } from './graph-to-onnx.js';
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

export interface EmbedderSource extends BackboneSource {
  /** The layer where frozen ends, one of the architecture's freeze points; default: the one whose output is the feature vector. */
  readonly cut?: string;
}

export interface BuiltEmbedder {
  /** Input `input` float32 [n, 3, h, w], output `features` float32 [n, featureLength], or [n, …shape] where it is a map. */
  readonly onnx: Uint8Array;
  /** The name of the last frozen layer. */
  readonly cut: string;
  /** Numbers of one image's output. */
  readonly featureLength: number;
  /** [channels, height, width] where the output is a map; absent: a vector. */
  readonly shape?: number[];
}

/** A network up to a cut as an ONNX model. */
export const embedderModel = (
  backbone: NetworkDescription,
  { graph, weights }: Pick<Network, 'graph' | 'weights'>,
  cut: string,
): OnnxModel =>
  graphToOnnx({
    graph: graphUpTo(graph, cut),
    weights,
    graphName: backbone.name,
    outputName: FEATURES,
    metadata: { 'graft.backbone': backbone.name, 'graft.cut': cut },
  });

/**
 * The backbone up to a cut; the checkpoint's classifier, if any, is left behind. The same checkpoint gives the same bytes.
 * @throws AppError `checkpoint_unfit` when the checkpoint isn't this architecture's, `invalid_request` for a size that it
 * can't take or a cut that is none of its freeze points.
 */
export const buildEmbedder = (source: EmbedderSource): BuiltEmbedder => {
  const { backbone, cut = backbone.cut } = source;
  const { freezePoints } = findArchitecture(backbone.architecture);
  if (!freezePoints.includes(cut))
    throw new AppError(
      'invalid_request',
      `${backbone.name} can't be cut at "${cut}"; it can at ${freezePoints.join(', ')}`,
      { details: { cut, freezePoints } },
    );
  const network = loadFeatureNetwork(sourceOfNetwork(source));
  const shape = shapeOf(inferShapes(network.graph), cut);
  return {
    onnx: encodeOnnx(embedderModel(backbone, network, cut)),
    cut,
    featureLength: elementsOf(shape),
    ...(shape.length === 1 ? {} : { shape: [...shape] }),
  };
};

/** A whole network with its classifier as one servable model: a backbone's own, or one that was trained. */
import type { NetworkDescription } from '../catalog/backbone.js';
import { graphAfter } from '../graph/cut-graph.js';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { loadNetwork } from '../network/load-network.js';
import { embedderModel, sourceOfNetwork, type BackboneSource } from './build-embedder.js';
import { joinTailToModel, type JoinOptions } from './join-tail.js';
import { encodeOnnx } from './onnx-model.js';

/** Written as its embedder and what follows, so that every served model has one form: features, logits, probabilities. */
const classifierOnnx = (
  backbone: NetworkDescription,
  network: { readonly graph: Graph; readonly weights: Weights },
  options: Omit<JoinOptions, 'tail'>,
): Uint8Array => {
  const { cut } = backbone;
  const tail = { graph: graphAfter(network.graph, cut), weights: network.weights };
  return encodeOnnx(joinTailToModel(embedderModel(backbone, network, cut), { ...options, tail }));
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
  const last = network.graph.layers.at(-1);
  const labels = Array.from({ length: last?.kind === 'dense' ? last.units : 0 }, (_, index) => String(index));
  return classifierOnnx(source.backbone, network, { labels, metadata });
};

/**
 * A network all of whose weights were trained, with one class a label: outputs as of `buildClassifier`.
 * @param options.graph the backbone's whole graph, pruned or not.
 * @param options.weights every parameter of it, as `readTrainedWeights` gives them.
 */
export const buildTrainedClassifier = (options: {
  readonly backbone: NetworkDescription;
  readonly graph: Graph;
  readonly weights: Weights;
  /** Index = class. */
  readonly labels: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}): Uint8Array => {
  const { backbone, graph, weights, labels, metadata } = options;
  return classifierOnnx(backbone, { graph, weights }, { labels, metadata });
};

/** An embedder and what was trained after it, as one servable model. */
import { AppError } from '@graft/contracts';
import { elementsOf, inferShapes, parameterShapes, type Shape } from '../graph/infer-shapes.js';
import { GRAPH_INPUT, parameterName, type DenseLayer, type Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { HEAD } from '../naming/own-naming.js';
import { graphToOnnx } from './graph-to-onnx.js';
import { bytesOfData, decodeOnnx, encodeOnnx, type Dimension, type OnnxModel, type OnnxTensor } from './onnx-model.js';

export const LOGITS = 'logits';
export const PROBABILITIES = 'probabilities';
/** The metadata key that holds the labels, as a JSON array in class order. */
export const LABELS_KEY = 'graft.labels';
/** The metadata key that holds how an image becomes the input, as JSON (preprocessing.v1). */
export const PREPROCESSING_KEY = 'graft.preprocessing';

/** What comes after a cut: its input is the embedder's output, its last layer the classifier. */
export interface Tail {
  readonly graph: Graph;
  /** Every parameter of the graph. */
  readonly weights: Weights;
}

export interface JoinOptions {
  readonly tail: Tail;
  /** Index = class. */
  readonly labels: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

const show = (shape: readonly Dimension[]): string => `[${shape.join(', ')}]`;
const refuse = (message: string): never => {
  throw new AppError('invalid_request', message);
};

const featuresOf = ({ outputs }: OnnxModel): { name: string; batch: Dimension; shape: readonly Dimension[] } => {
  const [output, ...others] = outputs;
  const [batch, ...shape] = output?.shape ?? [];
  if (output === undefined || batch === undefined || others.length > 0)
    return refuse(`an embedder has one output, this model has ${outputs.map(({ name }) => name).join(', ')}`);
  return { name: output.name, batch, shape };
};

const checkParameters = ({ graph, weights }: Tail): void => {
  const shapes = inferShapes(graph);
  for (const layer of graph.layers)
    for (const [parameter, shape] of parameterShapes(layer, shapes)) {
      const name = parameterName(layer.name, parameter);
      const values = weights.get(name);
      if (values?.length !== elementsOf(shape))
        refuse(`expected "${name}" of the shape ${show(shape)}, got ${values?.length ?? 'no'} numbers`);
      if (values?.every(Number.isFinite) === false) refuse(`"${name}" holds a value that is not finite`);
    }
};

const classifierOf = ({ graph }: Tail, labels: readonly string[]): DenseLayer => {
  const last = graph.layers.at(-1);
  if (last?.kind !== 'dense') return refuse('what follows an embedder ends with a dense classifier, this has none');
  if (last.units !== labels.length)
    return refuse(`expected a classifier of ${labels.length} labels, got one of ${last.units}`);
  return last;
};

/** The classifier under the name that it has in every model of Graft's, so that each can be read back as weights. */
const withHead = ({ graph, weights }: Tail, classifier: DenseLayer): Tail => {
  const renamed = new Map(weights);
  for (const parameter of ['weight', 'bias']) {
    const values = weights.get(parameterName(classifier.name, parameter)) ?? new Float32Array();
    renamed.set(parameterName(HEAD, parameter), values);
  }
  return {
    graph: { ...graph, layers: [...graph.layers.slice(0, -1), { ...classifier, name: HEAD }] },
    weights: renamed,
  };
};

const isSameTensor = (a: OnnxTensor, b: OnnxTensor): boolean =>
  a.shape.join() === b.shape.join() &&
  a.data.constructor === b.data.constructor &&
  Buffer.compare(bytesOfData(a.data), bytesOfData(b.data)) === 0;

/**
 * The tail's initializers that the embedder doesn't have; constants of operators (bounds of ReLU6) may be in both.
 * @throws AppError `invalid_request` when the two parts overlap: they were cut at different places.
 */
const addedInitializers = (embedder: OnnxModel, tail: OnnxModel): OnnxTensor[] => {
  const present = new Map(embedder.initializers.map((tensor) => [tensor.name, tensor]));
  const values = new Set(embedder.nodes.flatMap(({ outputs }) => outputs));
  const overlap = (name: string): never => refuse(`the embedder and what follows it both have "${name}"`);
  for (const { outputs } of tail.nodes) for (const name of outputs) if (values.has(name)) overlap(name);
  return tail.initializers.filter((tensor) => {
    const same = present.get(tensor.name);
    if (same !== undefined && !isSameTensor(same, tensor)) overlap(tensor.name);
    return same === undefined;
  });
};

const sameShape = (a: readonly Dimension[], b: Shape): boolean => a.join() === b.join();

/** `joinTail` for an embedder that needn't be read from bytes. */
export const joinTailToModel = (embedder: OnnxModel, { tail, labels, metadata }: JoinOptions): OnnxModel => {
  const { name: features, batch, shape } = featuresOf(embedder);
  if (!sameShape(shape, tail.graph.inputShape))
    refuse(`the embedder gives ${show(shape)}, what follows takes ${show(tail.graph.inputShape)}`);
  const classifier = classifierOf(tail, labels);
  checkParameters(tail);
  const { graph, weights } = withHead(tail, classifier);
  const added = graphToOnnx({ graph, weights, graphName: HEAD, outputName: LOGITS, metadata: {} });
  return {
    ...embedder,
    outputs: [LOGITS, PROBABILITIES].map((name) => ({ name, shape: [batch, labels.length] })),
    initializers: [...embedder.initializers, ...addedInitializers(embedder, added)],
    nodes: [
      ...embedder.nodes,
      ...added.nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map((input) => (input === GRAPH_INPUT ? features : input)),
      })),
      { name: 'softmax', operator: 'Softmax', inputs: [LOGITS], outputs: [PROBABILITIES], attributes: { axis: 1 } },
    ],
    metadata: { ...embedder.metadata, ...metadata, [LABELS_KEY]: JSON.stringify(labels) },
  };
};

/**
 * The model that is served: input `input` float32 [n, 3, h, w]; outputs `logits` and `probabilities` float32 [n, classes].
 * Batch norms of the tail are folded. Labels go into the metadata under `graft.labels`, beside the caller's own; equal
 * arguments give equal bytes.
 * @param options.embedderOnnx as `buildEmbedder` made it.
 * @throws AppError `invalid_request` when tail, labels and embedder don't fit, `checkpoint_unfit` for a foreign embedder.
 */
export const joinTail = ({
  embedderOnnx,
  ...options
}: JoinOptions & { readonly embedderOnnx: Uint8Array }): Uint8Array =>
  encodeOnnx(joinTailToModel(decodeOnnx(embedderOnnx), options));

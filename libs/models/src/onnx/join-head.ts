/** Embedder and head as one servable model. */
import { AppError } from '@graft/contracts';
import { parameterName } from '../graph/layers.js';
import { HEAD } from '../naming/own-naming.js';
import { decodeOnnx, encodeOnnx, type OnnxModel, type OnnxTensor } from './onnx-model.js';

export const LOGITS = 'logits';
export const PROBABILITIES = 'probabilities';
/** The metadata key that holds the labels, as a JSON array in class order. */
export const LABELS_KEY = 'graft.labels';
/** The metadata key that holds how an image becomes the input, as JSON (preprocessing.v1). */
export const PREPROCESSING_KEY = 'graft.preprocessing';

/** A linear classifier on features: logits = weights · features + bias. */
export interface Head {
  /** [classes, features], row-major. */
  readonly weights: Float32Array;
  /** [classes]. */
  readonly bias: Float32Array;
}

const featureLengthOf = (model: OnnxModel): { features: string; batch: string | number; length: number } => {
  const [output, ...others] = model.outputs;
  const [batch, length, ...axes] = output?.shape ?? [];
  if (output === undefined || batch === undefined || typeof length !== 'number' || axes.length + others.length > 0)
    throw new AppError('invalid_request', 'an embedder has one output [n, features]; this model has another form');
  return { features: output.name, batch, length };
};

const toInitializers = (head: Head, classes: number, length: number): OnnxTensor[] => {
  if (head.bias.length !== classes || head.weights.length !== classes * length)
    throw new AppError(
      'invalid_request',
      `expected a head of [${classes}, ${length}] weights and ${classes} biases, ` +
        `got ${head.weights.length} weights and ${head.bias.length} biases`,
    );
  if (![head.weights, head.bias].every((values) => values.every(Number.isFinite)))
    throw new AppError('invalid_request', 'the head holds a value that is not finite');
  return [
    { name: parameterName(HEAD, 'weight'), shape: [classes, length], data: head.weights },
    { name: parameterName(HEAD, 'bias'), shape: [classes], data: head.bias },
  ];
};

interface JoinOptions {
  readonly head: Head;
  /** Index = class. */
  readonly labels: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** `joinHead` for an embedder that needn't be read from bytes. */
export const joinHeadToModel = (embedder: OnnxModel, { head, labels, metadata }: JoinOptions): OnnxModel => {
  const { features, batch, length } = featureLengthOf(embedder);
  const classes = labels.length;
  const parameters = toInitializers(head, classes, length);
  return {
    ...embedder,
    outputs: [LOGITS, PROBABILITIES].map((name) => ({ name, shape: [batch, classes] })),
    initializers: [...embedder.initializers, ...parameters],
    nodes: [
      ...embedder.nodes,
      {
        name: HEAD,
        operator: 'Gemm',
        inputs: [features, ...parameters.map(({ name }) => name)],
        outputs: [LOGITS],
        attributes: { transB: 1 },
      },
      { name: 'softmax', operator: 'Softmax', inputs: [LOGITS], outputs: [PROBABILITIES], attributes: { axis: 1 } },
    ],
    metadata: { ...embedder.metadata, ...metadata, [LABELS_KEY]: JSON.stringify(labels) },
  };
};

/**
 * The model that is served: input `input` float32 [n, 3, h, w]; outputs `logits` and `probabilities` float32 [n, classes].
 * Labels go into the metadata under `graft.labels`, beside the caller's own; equal arguments give equal bytes.
 * @param options.embedderOnnx as `buildEmbedder` made it.
 * @throws AppError `invalid_request` when head, labels and embedder don't fit, `checkpoint_unfit` for a foreign embedder.
 */
export const joinHead = ({
  embedderOnnx,
  ...options
}: JoinOptions & { readonly embedderOnnx: Uint8Array }): Uint8Array =>
  encodeOnnx(joinHeadToModel(decodeOnnx(embedderOnnx), options));

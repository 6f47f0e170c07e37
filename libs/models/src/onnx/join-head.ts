/** Embedder and linear classifier as one servable model: the shortest tail. */
import { parameterName, type Graph } from '../graph/layers.js';
import { HEAD } from '../naming/own-naming.js';
import { joinTail, type JoinOptions, type Tail } from './join-tail.js';

/** A linear classifier on features: logits = weights · features + bias. */
export interface Head {
  /** [classes, features], row-major. */
  readonly weights: Float32Array;
  /** [classes]. */
  readonly bias: Float32Array;
}

/** A linear classifier as what follows an embedder. */
const tailOf = ({ weights, bias }: Head, classes: number): Tail => {
  const graph: Graph = {
    inputShape: [weights.length / classes],
    layers: [{ kind: 'dense', name: HEAD, inputs: ['input'], units: classes }],
  };
  return {
    graph,
    weights: new Map([
      [parameterName(HEAD, 'weight'), weights],
      [parameterName(HEAD, 'bias'), bias],
    ]),
  };
};

/**
 * `joinTail` of a linear classifier.
 * @throws AppError `invalid_request` when head, labels and embedder don't fit, `checkpoint_unfit` for a foreign embedder.
 */
export const joinHead = ({
  head,
  ...options
}: Omit<JoinOptions, 'tail'> & { readonly embedderOnnx: Uint8Array; readonly head: Head }): Uint8Array =>
  joinTail({ ...options, tail: tailOf(head, options.labels.length) });

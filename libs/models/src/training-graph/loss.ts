/** What training minimizes. */
import type { GraphDef, StaticShape } from './graph-def.js';
import { plain, type Value } from './tape.js';

const BATCH = -1;
const FLOAT = { T: { type: 'float' } } as const;
const SCALAR = { dtype: 'float', shape: [] as StaticShape } as const;

/** The sum of [n], a scalar. */
const total = (graph: GraphDef, x: Value): Value =>
  plain(graph, 'Sum', [x.tensor, graph.constant('int32', [0], [1])], SCALAR, {
    ...FLOAT,
    Tidx: { type: 'int32' },
    keep_dims: { bool: false },
  });

export interface Loss {
  /** Scalar. */
  readonly loss: Value;
  /** Its gradient with respect to the logits, [n, classes]. */
  readonly seed: Value;
  /**
   * What the images' weights are divided by: their sum, unless it is fed, which a part of a batch does with the sum of the
   * whole one.
   */
  readonly weightSum: Value;
  /** Share of the whole batch's weight that these images have: 1 unless `weightSum` is fed. */
  readonly share: Value;
}

/**
 * The mean cross-entropy of a batch, weighted by image.
 * `labels` are shares of classes [n, classes] that sum to 1 (smoothed or not), `weights` [n].
 */
export const crossEntropy = (
  graph: GraphDef,
  { logits, labels, weights }: { logits: Value; labels: Value; weights: Value },
): Loss => {
  const node = graph.node('SoftmaxCrossEntropyWithLogits', [logits.tensor, labels.tensor], FLOAT);
  const ownSum = total(graph, weights);
  const weightSum = plain(graph, 'PlaceholderWithDefault', [ownSum.tensor], SCALAR, {
    dtype: { type: 'float' },
    shape: { shape: [] },
  });
  const weighted = plain(graph, 'Mul', [node, weights.tensor], weights, FLOAT);
  const loss = plain(graph, 'RealDiv', [total(graph, weighted).tensor, weightSum.tensor], SCALAR, FLOAT);
  const shares = plain(graph, 'RealDiv', [weights.tensor, weightSum.tensor], weights, FLOAT);
  const column = plain(
    graph,
    'Reshape',
    [shares.tensor, graph.constant('int32', [-1, 1], [2])],
    { dtype: 'float', shape: [BATCH, 1] },
    { ...FLOAT, Tshape: { type: 'int32' } },
  );
  const seed = plain(graph, 'Mul', [`${node}:1`, column.tensor], logits, FLOAT);
  const share = plain(graph, 'RealDiv', [ownSum.tensor, weightSum.tensor], SCALAR, FLOAT);
  return { loss, seed, weightSum, share };
};

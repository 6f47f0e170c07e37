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

/** How far a student's features are from its teacher's. */
export interface Distance {
  /** Scalar, times `share`. */
  readonly loss: Value;
  /** Its gradient with respect to the student's features, [n, length]. */
  readonly seed: Value;
}

/**
 * Σ(student − teacher)² / Σ teacher², over a batch's features [n, length]: what share of them is missed (FitNets, Romero et al.
 * 2015, arXiv:1412.6550, section 2.2, relative to their size, so that one weight fits every network).
 * @param weight of this loss beside others.
 * @param share of the whole batch that these images are, a scalar.
 */
export const featureDistance = (
  graph: GraphDef,
  { student, teacher, weight, share }: { student: Value; teacher: Value; weight: number; share: Value },
): Distance => {
  const binary = (operator: string, a: Value, b: Value, like: Value): Value =>
    plain(graph, operator, [a.tensor, b.tensor], like, FLOAT);
  const sumOfSquares = (x: Value): Value =>
    plain(
      graph,
      'Sum',
      [plain(graph, 'Square', [x.tensor], x, FLOAT).tensor, graph.constant('int32', [0, 1], [2])],
      SCALAR,
      {
        ...FLOAT,
        Tidx: { type: 'int32' },
        keep_dims: { bool: false },
      },
    );
  const gap = binary('Sub', student, teacher, student);
  const constant = (value: number): Value => ({ tensor: graph.constant('float', [value]), ...SCALAR, learns: false });
  // Features that are all zero have no size: then any gap counts as it is.
  const size = binary('Maximum', sumOfSquares(teacher), constant(1e-12), share);
  const factor = binary('RealDiv', binary('Mul', share, constant(weight), share), size, share);
  return {
    loss: binary('Mul', sumOfSquares(gap), factor, share),
    seed: binary('Mul', binary('Mul', gap, constant(2), student), factor, student),
  };
};

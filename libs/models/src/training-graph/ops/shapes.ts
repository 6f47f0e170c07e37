/** Operations that move numbers or average them, with their gradients. */
import type { StaticShape } from '../graph-def.js';
import { plain, type Tape, type Value } from '../tape.js';
import { reduce, runtimeShape, scalarOf, shapeOfMap, typed } from './common.js';

/** The same elements in another shape; at most one size may be −1. */
export const reshape = (tape: Tape, x: Value, shape: StaticShape): Value => {
  const { graph } = tape;
  const attributes = { ...typed(x.dtype), Tshape: { type: 'int32' } } as const;
  const to = (value: Value, target: StaticShape): Value =>
    plain(
      graph,
      'Reshape',
      [value.tensor, graph.constant('int32', target, [target.length])],
      { dtype: x.dtype, shape: target },
      attributes,
    );
  return tape.record([x], to(x, shape), (dy) => [to(dy, x.shape)]);
};

export const transpose = (tape: Tape, x: Value, order: readonly number[]): Value => {
  const { graph } = tape;
  const attributes = { ...typed(x.dtype), Tperm: { type: 'int32' } } as const;
  const inverse = order.map((_, axis) => order.indexOf(axis));
  const by = (value: Value, axes: readonly number[]): Value =>
    plain(
      graph,
      'Transpose',
      [value.tensor, graph.constant('int32', axes, [axes.length])],
      { dtype: x.dtype, shape: axes.map((axis) => value.shape[axis] ?? -1) },
      attributes,
    );
  return tape.record([x], by(x, order), (dy) => [by(dy, inverse)]);
};

/** So many rows and columns of a value on each side of a map. */
export const pad = (tape: Tape, x: Value, margin: number, value: number): Value => {
  const { graph } = tape;
  const [n, h, w, c] = shapeOfMap(x);
  const margins = graph.constant('int32', [0, 0, margin, margin, margin, margin, 0, 0], [4, 2]);
  const attributes = { ...typed(x.dtype), Tpaddings: { type: 'int32' } } as const;
  const result = plain(
    graph,
    'PadV2',
    [x.tensor, margins, scalarOf(tape, x.dtype, value)],
    { dtype: x.dtype, shape: [n, h + 2 * margin, w + 2 * margin, c] },
    attributes,
  );
  return tape.record([x], result, (dy) => [
    plain(
      graph,
      'Slice',
      [dy.tensor, graph.constant('int32', [0, margin, margin, 0], [4]), graph.constant('int32', [-1, h, w, c], [4])],
      x,
      { ...typed(x.dtype), Index: { type: 'int32' } },
    ),
  ]);
};

/** [n, h, w, c] → the mean over h and w: [n, c], or [n, 1, 1, c] where axes are kept. */
export const meanOfMap = (tape: Tape, x: Value, keepAxes: boolean): Value => {
  const { graph } = tape;
  const [n, h, w, c] = shapeOfMap(x);
  return tape.record([x], reduce(tape, 'Mean', x, [1, 2], keepAxes), (dy) => {
    const map = keepAxes ? dy : reshape(tape, dy, [n, 1, 1, c]);
    const share = plain(graph, 'Mul', [map.tensor, scalarOf(tape, x.dtype, 1 / (h * w))], map, typed(x.dtype));
    return [
      plain(graph, 'BroadcastTo', [share.tensor, runtimeShape(tape, x)], x, {
        ...typed(x.dtype),
        Tidx: { type: 'int32' },
      }),
    ];
  });
};

/** Products of matrices, with their gradients. */
import { typed } from './common.js';
import type { StaticShape } from '../graph-def.js';
import { plain, type Tape, type Value } from '../tape.js';
import { cast } from './elementwise.js';

/** [n, in] · [in, out]. */
export const matMul = (tape: Tape, a: Value, b: Value): Value => {
  const { graph } = tape;
  const product = (left: Value, right: Value, flip: { left?: boolean; right?: boolean }, shape: StaticShape): Value =>
    plain(
      graph,
      'MatMul',
      [left.tensor, right.tensor],
      { dtype: a.dtype, shape },
      { ...typed(a.dtype), transpose_a: { bool: flip.left ?? false }, transpose_b: { bool: flip.right ?? false } },
    );
  const shape = [a.shape[0] ?? -1, b.shape[1] ?? -1];
  return tape.record([a, b], product(a, b, {}, shape), (dy) => [
    a.learns ? product(dy, b, { right: true }, a.shape) : null,
    b.learns ? product(a, dy, { left: true }, b.shape) : null,
  ]);
};

/** Products of the last two axes by a constant matrix: [rows, h] · [n, c, h, w], or [n, c, h, w] · [w, columns]. */
export const multiplyByConstant = (
  tape: Tape,
  x: Value,
  matrix: { values: readonly number[]; rows: number; columns: number },
  side: 'left' | 'right',
): Value => {
  const { graph } = tape;
  const constant = cast(
    tape,
    {
      tensor: graph.constant('float', matrix.values, [matrix.rows, matrix.columns]),
      dtype: 'float',
      shape: [matrix.rows, matrix.columns],
      learns: false,
    },
    x.dtype,
  );
  const by = (value: Value, flip: boolean, shape: StaticShape): Value => {
    const inputs = side === 'left' ? [constant.tensor, value.tensor] : [value.tensor, constant.tensor];
    return plain(
      graph,
      'BatchMatMulV2',
      inputs,
      { dtype: x.dtype, shape },
      {
        ...typed(x.dtype),
        adj_x: { bool: flip && side === 'left' },
        adj_y: { bool: flip && side === 'right' },
      },
    );
  };
  const [n = -1, c = -1, h = -1, w = -1] = x.shape;
  const shape = side === 'left' ? [n, c, matrix.rows, w] : [n, c, h, matrix.columns];
  return tape.record([x], by(x, false, shape), (dy) => [by(dy, true, x.shape)]);
};

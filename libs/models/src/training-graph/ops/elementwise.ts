/** Operations on each number by itself, with their gradients. */
import type { DataType } from '../graph-def.js';
import { plain, type Tape, type Value } from '../tape.js';
import { NHWC, reduce, scalarOf, typed } from './common.js';

/** Another element type; the gradient goes back in the first one. */
export const cast = (tape: Tape, x: Value, dtype: DataType): Value => {
  if (x.dtype === dtype) return x;
  const convert = (value: Value, to: DataType): Value =>
    plain(
      tape.graph,
      'Cast',
      [value.tensor],
      { dtype: to, shape: value.shape },
      {
        SrcT: { type: value.dtype },
        DstT: { type: to },
        Truncate: { bool: false },
      },
    );
  return tape.record([x], convert(x, dtype), (dy) => [convert(dy, x.dtype)]);
};

const elementwise = (tape: Tape, x: Value, op: string, backward: (dy: Value, y: Value) => Value): Value => {
  const y = plain(tape.graph, op, [x.tensor], x, typed(x.dtype));
  return tape.record([x], y, (dy) => [backward(dy, y)]);
};

export const relu = (tape: Tape, x: Value): Value =>
  elementwise(tape, x, 'Relu', (dy, y) => plain(tape.graph, 'ReluGrad', [dy.tensor, y.tensor], x, typed(x.dtype)));

export const relu6 = (tape: Tape, x: Value): Value =>
  elementwise(tape, x, 'Relu6', (dy, y) => plain(tape.graph, 'Relu6Grad', [dy.tensor, y.tensor], x, typed(x.dtype)));

export const sigmoid = (tape: Tape, x: Value): Value =>
  elementwise(tape, x, 'Sigmoid', (dy, y) =>
    plain(tape.graph, 'SigmoidGrad', [y.tensor, dy.tensor], x, typed(x.dtype)),
  );

const multiply = ({ graph }: Tape, a: Value, b: Value): Value =>
  plain(graph, 'Mul', [a.tensor, b.tensor], a, typed(a.dtype));

/** x · factor + offset. */
export const affine = (tape: Tape, x: Value, factor: number, offset: number): Value => {
  const { graph } = tape;
  const scaled = (value: Value): Value =>
    factor === 1 ? value : plain(graph, 'Mul', [value.tensor, scalarOf(tape, x.dtype, factor)], value, typed(x.dtype));
  const moved = scaled(x);
  const result =
    offset === 0 ? moved : plain(graph, 'AddV2', [moved.tensor, scalarOf(tape, x.dtype, offset)], x, typed(x.dtype));
  return tape.record([x], result, (dy) => [scaled(dy)]);
};

/** The product of two equal shapes. */
export const mul = (tape: Tape, a: Value, b: Value): Value =>
  tape.record([a, b], multiply(tape, a, b), (dy) => [
    a.learns ? multiply(tape, dy, b) : null,
    b.learns ? multiply(tape, dy, a) : null,
  ]);

/** A map times [n, 1, 1, channels]. */
export const gate = (tape: Tape, map: Value, by: Value): Value => {
  return tape.record([map, by], multiply(tape, map, by), (dy) => [
    map.learns ? multiply(tape, dy, by) : null,
    by.learns ? reduce(tape, 'Sum', multiply(tape, dy, map), [1, 2], true) : null,
  ]);
};

/** The sum of two equal shapes. */
export const add = (tape: Tape, a: Value, b: Value): Value =>
  tape.record([a, b], plain(tape.graph, 'AddV2', [a.tensor, b.tensor], a, typed(a.dtype)), (dy) => [dy, dy]);

/** Adds [channels] to the last axis. */
export const biasAdd = (tape: Tape, x: Value, bias: Value): Value => {
  const { graph } = tape;
  const attributes = { ...typed(x.dtype), ...NHWC };
  const result = plain(graph, 'BiasAdd', [x.tensor, bias.tensor], x, attributes);
  return tape.record([x, bias], result, (dy) => [
    dy,
    bias.learns ? plain(graph, 'BiasAddGrad', [dy.tensor], bias, attributes) : null,
  ]);
};

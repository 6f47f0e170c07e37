/** What the operations share: attributes, constants, shapes. */
import type { Attributes, DataType } from '../graph-def.js';
import { plain, type Tape, type Value } from '../tape.js';

export const NHWC = { data_format: { text: 'NHWC' } } as const satisfies Attributes;

export const typed = (dtype: DataType): Attributes => ({ T: { type: dtype } });

export const shapeOfMap = (value: Value): readonly [number, number, number, number] => {
  const [n, h, w, c] = value.shape;
  if (n === undefined || h === undefined || w === undefined || c === undefined)
    throw new RangeError(`expected a map, got [${value.shape.join(', ')}]`);
  return [n, h, w, c];
};

/** The shape as the graph sees it when it runs: the batch may be any. */
export const runtimeShape = ({ graph }: Tape, value: Value): string =>
  graph.node('Shape', [value.tensor], { ...typed(value.dtype), out_type: { type: 'int32' } });

/** A number as a tensor of a type: bfloat16 has no constants of its own here. */
export const scalarOf = ({ graph }: Tape, dtype: DataType, value: number): string => {
  const constant = graph.constant('float', [value]);
  if (dtype === 'float') return constant;
  return graph.node('Cast', [constant], { SrcT: { type: 'float' }, DstT: { type: dtype }, Truncate: { bool: false } });
};

export const reduce = (
  { graph }: Tape,
  op: 'Sum' | 'Mean',
  x: Value,
  axes: readonly number[],
  keep: boolean,
): Value => {
  const shape = x.shape.flatMap((size, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [size]));
  return plain(
    graph,
    op,
    [x.tensor, graph.constant('int32', axes, [axes.length])],
    { dtype: x.dtype, shape },
    {
      ...typed(x.dtype),
      Tidx: { type: 'int32' },
      keep_dims: { bool: keep },
    },
  );
};

/** The operations that networks and losses are written in, each with its gradient. Maps are NHWC, filters [k, k, in, out]. */
import type { Attributes, DataType, StaticShape } from './graph-def.js';
import { plain, type Tape, type Value } from './tape.js';

/** `same` as TensorFlow pads, or so many rows and columns on each side. */
export interface WindowOptions {
  readonly stride: number;
  readonly padding: 'same' | number;
}

const NHWC = { data_format: { text: 'NHWC' } } as const satisfies Attributes;

const typed = (dtype: DataType): Attributes => ({ T: { type: dtype } });

const slidingAttributes = ({ stride, padding }: { stride: number; padding: 'same' | 0 }): Attributes => ({
  ...NHWC,
  strides: { ints: [1, stride, stride, 1] },
  dilations: { ints: [1, 1, 1, 1] },
  padding: { text: padding === 'same' ? 'SAME' : 'VALID' },
  explicit_paddings: { ints: [] },
});

const outputLength = (
  length: number,
  kernel: number,
  { stride, padding }: { stride: number; padding: 'same' | 0 },
): number => (padding === 'same' ? Math.ceil(length / stride) : Math.floor((length - kernel) / stride) + 1);

const shapeOfMap = (value: Value): readonly [number, number, number, number] => {
  const [n, h, w, c] = value.shape;
  if (n === undefined || h === undefined || w === undefined || c === undefined)
    throw new RangeError(`expected a map, got [${value.shape.join(', ')}]`);
  return [n, h, w, c];
};

/** The shape as the graph sees it when it runs: the batch may be any. */
const runtimeShape = ({ graph }: Tape, value: Value): string =>
  graph.node('Shape', [value.tensor], { ...typed(value.dtype), out_type: { type: 'int32' } });

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

/**
 * Padding that oneDNN's kernels know: "SAME" where it is that, else zeros beforehand. (With explicit padding TensorFlow takes
 * its own kernels instead, at half the speed, and in bfloat16 at a hundredth.)
 */
const withSimplePadding = (
  tape: Tape,
  x: Value,
  kernel: number,
  { stride, padding }: WindowOptions,
  value: number,
): { x: Value; options: { stride: number; padding: 'same' | 0 } } => {
  if (padding === 'same' || padding === 0) return { x, options: { stride, padding } };
  if (stride === 1 && kernel === 2 * padding + 1) return { x, options: { stride, padding: 'same' } };
  return { x: pad(tape, x, padding, value), options: { stride, padding: 0 } };
};

const convolution =
  (names: { forward: string; toInput: string; toFilter: string }) =>
  (tape: Tape, input: Value, filter: Value, window: WindowOptions): Value => {
    const { graph } = tape;
    const [kernel = 0, , inputs = 0, outputs = 0] = filter.shape;
    const { x, options } = withSimplePadding(tape, input, kernel, window, 0);
    const [n, h, w] = shapeOfMap(x);
    const attributes = { ...typed(x.dtype), ...slidingAttributes(options) };
    // A depthwise filter is [k, k, channels, 1].
    const channels = names.forward === 'Conv2D' ? outputs : inputs * outputs;
    const shape = [n, outputLength(h, kernel, options), outputLength(w, kernel, options), channels];
    const result = plain(graph, names.forward, [x.tensor, filter.tensor], { dtype: x.dtype, shape }, attributes);
    return tape.record([x, filter], result, (dy) => [
      x.learns ? plain(graph, names.toInput, [runtimeShape(tape, x), filter.tensor, dy.tensor], x, attributes) : null,
      filter.learns
        ? plain(
            graph,
            names.toFilter,
            [x.tensor, graph.constant('int32', filter.shape, [4]), dy.tensor],
            filter,
            attributes,
          )
        : null,
    ]);
  };

export const conv2d = convolution({
  forward: 'Conv2D',
  toInput: 'Conv2DBackpropInput',
  toFilter: 'Conv2DBackpropFilter',
});

export const depthwiseConv2d = convolution({
  forward: 'DepthwiseConv2dNative',
  toInput: 'DepthwiseConv2dNativeBackpropInput',
  toFilter: 'DepthwiseConv2dNativeBackpropFilter',
});

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

export interface BatchNormResult {
  readonly output: Value;
  /** Of the batch, float32 [channels]; the variance is the unbiased one. Only in training. */
  readonly batchMean: Value;
  readonly batchVariance: Value;
}

/**
 * Batch normalization, by the batch's own statistics (`training`) or by those given. Parameters are float32, whatever the
 * map is.
 */
export const batchNorm = (
  tape: Tape,
  x: Value,
  parameters: { scale: Value; shift: Value; mean: Value; variance: Value },
  options: { epsilon: number; training: boolean },
): BatchNormResult => {
  const { graph } = tape;
  const { scale, shift, mean, variance } = parameters;
  const attributes: Attributes = {
    ...typed(x.dtype),
    U: { type: 'float' },
    ...NHWC,
    epsilon: { float: options.epsilon },
    is_training: { bool: options.training },
  };
  const none = graph.constant('float', [], [0]);
  const statistics = options.training ? [none, none] : [mean.tensor, variance.tensor];
  const node = graph.node('FusedBatchNormV3', [x.tensor, scale.tensor, shift.tensor, ...statistics], {
    ...attributes,
    exponential_avg_factor: { float: 1 },
  });
  // With statistics that were given, the gradient takes those; with the batch's, what the forward pass kept of it.
  const kept = options.training ? [`${node}:3`, `${node}:4`] : statistics;
  const reserved = [...kept, `${node}:5`];
  const vector = { dtype: 'float', shape: scale.shape, learns: false } as const;
  const output = tape.record([x, scale, shift], { tensor: node, dtype: x.dtype, shape: x.shape }, (dy) => {
    const back = graph.node('FusedBatchNormGradV3', [dy.tensor, x.tensor, scale.tensor, ...reserved], attributes);
    return [
      { ...x, tensor: back, learns: false },
      { ...vector, tensor: `${back}:1` },
      { ...vector, tensor: `${back}:2` },
    ];
  });
  return {
    output,
    batchMean: { ...vector, tensor: `${node}:1` },
    batchVariance: { ...vector, tensor: `${node}:2` },
  };
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

/** A number as a tensor of a type: bfloat16 has no constants of its own here. */
const scalarOf = ({ graph }: Tape, dtype: DataType, value: number): string => {
  const constant = graph.constant('float', [value]);
  if (dtype === 'float') return constant;
  return graph.node('Cast', [constant], { SrcT: { type: 'float' }, DstT: { type: dtype }, Truncate: { bool: false } });
};

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

const reduce = ({ graph }: Tape, op: 'Sum' | 'Mean', x: Value, axes: readonly number[], keep: boolean): Value => {
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

export const maxPool = (tape: Tape, input: Value, kernel: number, window: WindowOptions): Value => {
  const { graph } = tape;
  const { x, options } = withSimplePadding(tape, input, kernel, window, -Infinity);
  const [n, h, w, c] = shapeOfMap(x);
  const attributes: Attributes = {
    ...typed(x.dtype),
    ...NHWC,
    ksize: { ints: [1, kernel, kernel, 1] },
    strides: { ints: [1, options.stride, options.stride, 1] },
    padding: { text: options.padding === 'same' ? 'SAME' : 'VALID' },
    explicit_paddings: { ints: [] },
  };
  const shape = [n, outputLength(h, kernel, options), outputLength(w, kernel, options), c];
  const y = plain(graph, 'MaxPool', [x.tensor], { dtype: x.dtype, shape }, attributes);
  return tape.record([x], y, (dy) => [plain(graph, 'MaxPoolGrad', [x.tensor, y.tensor, dy.tensor], x, attributes)]);
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

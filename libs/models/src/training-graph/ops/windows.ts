/** Operations that slide a window over a map (NHWC; filters are [k, k, in, out]), with their gradients. */
import type { Attributes } from '../graph-def.js';
import { plain, type Tape, type Value } from '../tape.js';
import { NHWC, runtimeShape, shapeOfMap, typed } from './common.js';
import { pad } from './shapes.js';

/** `same` as TensorFlow pads, or so many rows and columns on each side. */
export interface WindowOptions {
  readonly stride: number;
  readonly padding: 'same' | number;
}

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

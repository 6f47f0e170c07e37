/** Operations that slide a window over a map (NHWC; filters are [k, k, in, out]), with their gradients. */
import { paddingOf } from '../../graph/infer-shapes.js';
import type { Attributes } from '../graph-def.js';
import { plain, type Tape, type Value } from '../tape.js';
import { NHWC, runtimeShape, shapeOfMap, typed } from './common.js';
import { filterGradient, prefersProducts } from './filter-gradient.js';
import { matMul } from './products.js';
import { pad, reshape } from './shapes.js';

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

/** Rows of zeros above a map. */
const paddingBefore = (length: number, kernel: number, options: { stride: number; padding: 'same' | 0 }): number =>
  options.padding === 0 ? 0 : paddingOf(length, { kernel, ...options }).before;

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
    const toFilter = (dy: Value): Value => {
      if (names.forward === 'Conv2D' && prefersProducts(result, options)) {
        const before = [paddingBefore(h, kernel, options), paddingBefore(w, kernel, options)] as const;
        return filterGradient(tape, x, dy, { kernel, stride: options.stride, before });
      }
      const filterShape = graph.constant('int32', filter.shape, [4]);
      return plain(graph, names.toFilter, [x.tensor, filterShape, dy.tensor], filter, attributes);
    };
    return tape.record([x, filter], result, (dy) => [
      x.learns ? plain(graph, names.toInput, [runtimeShape(tape, x), filter.tensor, dy.tensor], x, attributes) : null,
      filter.learns ? toFilter(dy) : null,
    ]);
  };

const slidingConv2d = convolution({
  forward: 'Conv2D',
  toInput: 'Conv2DBackpropInput',
  toFilter: 'Conv2DBackpropFilter',
});

/** Up to this many places a map's 1×1 convolution in bfloat16 is faster as one product: on 7×7, by a sixth both ways. */
const TINY_MAP = 8 * 8;

export const conv2d = (tape: Tape, input: Value, filter: Value, window: WindowOptions): Value => {
  const [, h, w] = shapeOfMap(input);
  const [kernel, , inputs = 0, outputs = 0] = filter.shape;
  const isProduct = kernel === 1 && window.stride === 1 && input.dtype === 'bfloat16' && h * w <= TINY_MAP;
  if (!isProduct) return slidingConv2d(tape, input, filter, window);
  const rows = reshape(tape, input, [-1, inputs]);
  return reshape(tape, matMul(tape, rows, reshape(tape, filter, [inputs, outputs])), [-1, h, w, outputs]);
};

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

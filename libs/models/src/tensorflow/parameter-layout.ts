/** TensorFlow keeps filters as [k, k, in, out] (depthwise: [k, k, channels, 1]) and dense weights as [in, out]. */
import type { Shape } from '../graph/infer-shapes.js';
import type { Layer } from '../graph/layers.js';

/** For each axis of TensorFlow's layout, which axis of the graph's it is. */
const axesOf = (layer: Layer, shape: Shape): readonly number[] => {
  if (layer.kind === 'dense' && shape.length === 2) return [1, 0];
  if (layer.kind !== 'conv' || shape.length !== 4) return shape.map((_, axis) => axis);
  return layer.groups === 1 ? [2, 3, 1, 0] : [2, 3, 0, 1];
};

/** Row-major elements with the axes in another order. */
const permute = (values: Float32Array, shape: Shape, axes: readonly number[]): Float32Array => {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  // Up to four axes, the outer ones of length 1.
  const [a = 1, b = 1, c = 1, d = 1] = [
    ...Array<number>(4 - axes.length).fill(1),
    ...axes.map((axis) => shape[axis] ?? 1),
  ];
  const [sa = 0, sb = 0, sc = 0, sd = 0] = [
    ...Array<number>(4 - axes.length).fill(0),
    ...axes.map((axis) => strides[axis] ?? 0),
  ];
  const target = new Float32Array(values.length);
  let to = 0;
  for (let i = 0; i < a; i += 1)
    for (let j = 0; j < b; j += 1)
      for (let k = 0; k < c; k += 1) {
        let from = i * sa + j * sb + k * sc;
        for (let l = 0; l < d; l += 1, from += sd, to += 1) target[to] = values[from] ?? NaN;
      }
  return target;
};

const isIdentity = (axes: readonly number[]): boolean => axes.every((axis, at) => axis === at);

/** The shape that a parameter of the graph has in TensorFlow. */
export const tensorFlowShape = (layer: Layer, shape: Shape): Shape =>
  axesOf(layer, shape).map((axis) => shape[axis] ?? 1);

/** A parameter in TensorFlow's layout. @param shape in the graph. */
export const toTensorFlowLayout = (layer: Layer, values: Float32Array, shape: Shape): Float32Array => {
  const axes = axesOf(layer, shape);
  return isIdentity(axes) ? values : permute(values, shape, axes);
};

/** The way back. @param shape in the graph. */
export const fromTensorFlowLayout = (layer: Layer, values: Float32Array, shape: Shape): Float32Array => {
  const axes = axesOf(layer, shape);
  if (isIdentity(axes)) return values;
  const there = axes.map((axis) => shape[axis] ?? 1);
  return permute(
    values,
    there,
    axes.map((_, axis) => axes.indexOf(axis)),
  );
};

/** Shapes of every layer's output and of every layer's parameters, from the graph alone. */
import { GRAPH_INPUT, type Graph, type Layer, type Sliding } from './layers.js';

/** Without the batch: [channels, height, width] of a map, [length] of a vector. */
export type Shape = readonly number[];

/** Rows (or columns) of padding before and after the input. */
export interface Padding {
  readonly before: number;
  readonly after: number;
}

/** A sliding window's padding along one axis. */
export const paddingOf = (size: number, { kernel, stride, padding }: Sliding): Padding => {
  if (padding !== 'same') return { before: padding, after: padding };
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const before = Math.floor(total / 2);
  return { before, after: total - before };
};

/** Positions of a sliding window along one axis; below 1 where the axis is too short for it. */
const positionsOf = (size: number, window: Sliding): number => {
  const { before, after } = paddingOf(size, window);
  return Math.floor((size + before + after - window.kernel) / window.stride) + 1;
};

const expectMap = (layer: Layer, shape: Shape): readonly [number, number, number] => {
  const [channels, height, width] = shape;
  if (shape.length !== 3 || channels === undefined || height === undefined || width === undefined)
    throw new RangeError(`layer "${layer.name}" expected [channels, height, width], got [${shape.join(', ')}]`);
  return [channels, height, width];
};

const slide = (layer: Layer & Sliding, shape: Shape): readonly [number, number] => {
  const [, height, width] = expectMap(layer, shape);
  const [rows, columns] = [positionsOf(height, layer), positionsOf(width, layer)];
  if (rows < 1 || columns < 1)
    throw new RangeError(
      `layer "${layer.name}": a ${height}×${width} map is too small for its ${layer.kernel}×${layer.kernel} window`,
    );
  return [rows, columns];
};

const outputShape = (layer: Layer, inputs: readonly Shape[]): Shape => {
  const [first, second] = inputs;
  if (first === undefined) throw new RangeError(`layer "${layer.name}" has no input`);
  switch (layer.kind) {
    case 'conv': {
      const [channels] = expectMap(layer, first);
      if (channels % layer.groups !== 0 || layer.filters % layer.groups !== 0)
        throw new RangeError(`layer "${layer.name}": ${layer.groups} groups don't divide ${channels} channels`);
      return [layer.filters, ...slide(layer, first)];
    }
    case 'maxPool':
      return [expectMap(layer, first)[0], ...slide(layer, first)];
    case 'batchNorm':
      return expectMap(layer, first);
    case 'activation':
      return first;
    case 'add':
      if (second === undefined || first.join() !== second.join())
        throw new RangeError(`layer "${layer.name}" adds [${first.join(', ')}] and [${second?.join(', ') ?? ''}]`);
      return first;
    case 'gate':
      if (second?.join() !== [expectMap(layer, first)[0], 1, 1].join())
        throw new RangeError(`layer "${layer.name}" gates [${first.join(', ')}] by [${second?.join(', ') ?? ''}]`);
      return first;
    case 'globalAveragePool':
      return layer.keepAxes ? [expectMap(layer, first)[0], 1, 1] : [expectMap(layer, first)[0]];
    case 'adaptiveAveragePool':
      return [expectMap(layer, first)[0], layer.size, layer.size];
    case 'flatten':
      return [elementsOf(expectMap(layer, first))];
    case 'dense':
      if (first.length !== 1) throw new RangeError(`layer "${layer.name}" expected a vector`);
      return [layer.units];
  }
};

/** Shapes by layer name, GRAPH_INPUT included. */
export type Shapes = ReadonlyMap<string, Shape>;

/** @throws RangeError when the graph doesn't fit together, or its input is too small for it. */
export const inferShapes = (graph: Graph): Shapes => {
  const shapes = new Map<string, Shape>([[GRAPH_INPUT, graph.inputShape]]);
  for (const layer of graph.layers) {
    if (shapes.has(layer.name)) throw new RangeError(`two layers are named "${layer.name}"`);
    shapes.set(
      layer.name,
      outputShape(
        layer,
        layer.inputs.map((input) => shapeOf(shapes, input)),
      ),
    );
  }
  return shapes;
};

/** @throws RangeError when no layer of that name came before. */
export const shapeOf = (shapes: Shapes, name: string): Shape => {
  const shape = shapes.get(name);
  if (shape === undefined) throw new RangeError(`no layer before this one is named "${name}"`);
  return shape;
};

/** The shape of what a layer takes first. */
export const inputShapeOf = (layer: Layer, shapes: Shapes): Shape => shapeOf(shapes, layer.inputs[0] ?? GRAPH_INPUT);

/** A layer's parameters and their shapes, in the order in which PyTorch lists them. */
export const parameterShapes = (layer: Layer, shapes: Shapes): readonly (readonly [string, Shape])[] => {
  const [channels = 0] = inputShapeOf(layer, shapes);
  switch (layer.kind) {
    case 'conv': {
      const weight = ['weight', [layer.filters, channels / layer.groups, layer.kernel, layer.kernel]] as const;
      return layer.bias ? [weight, ['bias', [layer.filters]]] : [weight];
    }
    case 'batchNorm':
      return (['scale', 'shift', 'mean', 'variance'] as const).map((name) => [name, [channels]] as const);
    case 'dense':
      return [
        ['weight', [layer.units, channels]],
        ['bias', [layer.units]],
      ];
    default:
      return [];
  }
};

export const elementsOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

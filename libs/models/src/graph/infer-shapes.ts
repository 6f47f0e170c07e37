/** Shapes of every layer's output and of every layer's parameters, from the graph alone. */
import { GRAPH_INPUT, type ConvLayer, type Graph, type Layer } from './layers.js';

/** Without the batch: [channels, height, width] of a map, [length] of a vector. */
export type Shape = readonly number[];

/** Rows (or columns) of zeros before and after the input. */
export interface Padding {
  readonly before: number;
  readonly after: number;
}

/** TensorFlow's "SAME" padding along one axis; an odd total puts the extra one after. */
export const samePadding = (size: number, { kernel, stride }: Pick<ConvLayer, 'kernel' | 'stride'>): Padding => {
  const output = Math.ceil(size / stride);
  const total = Math.max((output - 1) * stride + kernel - size, 0);
  const before = Math.floor(total / 2);
  return { before, after: total - before };
};

const expectMap = (layer: Layer, shape: Shape): readonly [number, number, number] => {
  const [channels, height, width] = shape;
  if (shape.length !== 3 || channels === undefined || height === undefined || width === undefined)
    throw new RangeError(`layer "${layer.name}" expected [channels, height, width], got [${shape.join(', ')}]`);
  return [channels, height, width];
};

const outputShape = (layer: Layer, inputs: readonly Shape[]): Shape => {
  const [first, second] = inputs;
  if (first === undefined) throw new RangeError(`layer "${layer.name}" has no input`);
  switch (layer.kind) {
    case 'conv': {
      const [channels, height, width] = expectMap(layer, first);
      if (channels % layer.groups !== 0 || layer.filters % layer.groups !== 0)
        throw new RangeError(`layer "${layer.name}": ${layer.groups} groups don't divide ${channels} channels`);
      return [layer.filters, Math.ceil(height / layer.stride), Math.ceil(width / layer.stride)];
    }
    case 'batchNorm':
      return expectMap(layer, first);
    case 'relu6':
      return first;
    case 'add':
      if (second === undefined || first.join() !== second.join())
        throw new RangeError(`layer "${layer.name}" adds [${first.join(', ')}] and [${second?.join(', ') ?? ''}]`);
      return first;
    case 'globalAveragePool':
      return [expectMap(layer, first)[0]];
    case 'dense':
      if (first.length !== 1) throw new RangeError(`layer "${layer.name}" expected a vector`);
      return [layer.units];
  }
};

/** Shapes by layer name, GRAPH_INPUT included. */
export type Shapes = ReadonlyMap<string, Shape>;

/** @throws RangeError when the graph doesn't fit together: a mistake in the architecture. */
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
    case 'relu6':
    case 'add':
    case 'globalAveragePool':
      return [];
  }
};

export const elementsOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** What a checkpoint must hold for a graph, by one naming: with batch norms, or with them folded into convolutions. */
import { inferShapes, parameterShapes, type Shape } from '../graph/infer-shapes.js';
import { parameterName, type Graph, type Layer } from '../graph/layers.js';
import type { CheckpointNaming, TensorPlace } from './checkpoint-naming.js';

export interface ExpectedTensor {
  readonly layer: string;
  readonly parameter: string;
  /** In the graph. */
  readonly shape: Shape;
  readonly place: TensorPlace;
}

const expect = (layer: Layer, parameter: string, shape: Shape, naming: CheckpointNaming): ExpectedTensor => ({
  layer: layer.name,
  parameter,
  shape,
  place: naming.place(layer.name, parameter, shape),
});

/** Every parameter of the graph, in the graph's order. */
export const expectedTensors = (graph: Graph, naming: CheckpointNaming): readonly ExpectedTensor[] => {
  const shapes = inferShapes(graph);
  return graph.layers.flatMap((layer) =>
    parameterShapes(layer, shapes).map(([parameter, shape]) => expect(layer, parameter, shape, naming)),
  );
};

/** As exporters leave it: no batch norm, and every convolution that had one has a bias. */
export const expectedFoldedTensors = (graph: Graph, naming: CheckpointNaming): readonly ExpectedTensor[] => {
  const shapes = inferShapes(graph);
  const normalized = new Set(graph.layers.flatMap(({ kind, inputs }) => (kind === 'batchNorm' ? inputs : [])));
  return graph.layers
    .filter(({ kind }) => kind !== 'batchNorm')
    .flatMap((layer) => {
      const biased = layer.kind === 'conv' && normalized.has(layer.name) ? { ...layer, bias: true } : layer;
      return parameterShapes(biased, shapes).map(([parameter, shape]) => expect(layer, parameter, shape, naming));
    });
};

/**
 * Parameters of the batch norms of a checkpoint that has them folded: each takes over its convolution's bias and changes
 * nothing else.
 */
export const unfoldBatchNorms = (graph: Graph, weights: Map<string, Float32Array>): void => {
  const biased = new Set(graph.layers.flatMap((layer) => (layer.kind === 'conv' && layer.bias ? [layer.name] : [])));
  for (const layer of graph.layers) {
    if (layer.kind !== 'batchNorm') continue;
    const [conv = ''] = layer.inputs;
    const bias = parameterName(conv, 'bias');
    const shift = weights.get(bias) ?? new Float32Array();
    // A convolution that has a bias beside its batch norm (VGG's) keeps one, of zeros.
    if (biased.has(conv)) weights.set(bias, new Float32Array(shift.length));
    else weights.delete(bias);
    weights.set(parameterName(layer.name, 'scale'), new Float32Array(shift.length).fill(1));
    weights.set(parameterName(layer.name, 'shift'), shift);
    weights.set(parameterName(layer.name, 'mean'), new Float32Array(shift.length));
    weights.set(parameterName(layer.name, 'variance'), new Float32Array(shift.length).fill(1 - layer.epsilon));
  }
};

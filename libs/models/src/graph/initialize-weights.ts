/** Weights before any training. */
import { createRandom } from '../random.js';
import { elementsOf, inferShapes, parameterShapes } from './infer-shapes.js';
import { parameterName, type Graph, type Layer } from './layers.js';
import type { Weights } from './weights.js';

/** Standard deviation of a dense layer's weights (VGG, arXiv:1409.1556, section 3.1; MobileNetV2 and V3 alike). */
const DENSE_DEVIATION = 0.01;

/** Standard deviation of a convolution's or dense layer's weights; null for what isn't drawn. */
const deviationOf = (layer: Layer, parameter: string): number | null => {
  if (parameter !== 'weight') return null;
  if (layer.kind === 'dense') return DENSE_DEVIATION;
  // He et al., arXiv:1502.01852, by fan-out, as all four families' reference implementations do.
  if (layer.kind === 'conv') return Math.sqrt(2 / ((layer.kernel ** 2 * layer.filters) / layer.groups));
  return null;
};

/** Scale and variance of a batch norm start at one; shifts, means and biases at zero. */
const STARTS_AT_ONE: ReadonlySet<string> = new Set(['scale', 'variance']);

/** Every parameter of the graph, drawn from a seeded generator: the same seed gives the same weights on any machine. */
export const initializeWeights = (graph: Graph, seed: number): Weights => {
  const random = createRandom(seed);
  const shapes = inferShapes(graph);
  const weights = new Map<string, Float32Array>();
  for (const layer of graph.layers)
    for (const [parameter, shape] of parameterShapes(layer, shapes)) {
      const values = new Float32Array(elementsOf(shape));
      const deviation = deviationOf(layer, parameter);
      if (deviation !== null) for (let at = 0; at < values.length; at += 1) values[at] = deviation * random.normal();
      else if (STARTS_AT_ONE.has(parameter)) values.fill(1);
      weights.set(parameterName(layer.name, parameter), values);
    }
  return weights;
};

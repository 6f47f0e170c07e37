/** A graph in two: what comes before a layer's output, which may stay frozen, and what comes after it. */
import { inferShapes, shapeOf } from './infer-shapes.js';
import { GRAPH_INPUT, layerNamed, type Graph } from './layers.js';

/** The graph up to and including one layer, which becomes its output. The layers it doesn't need are left out. */
export const graphUpTo = (graph: Graph, cut: string): Graph => {
  const needed = new Set([layerNamed(graph, cut).name]);
  const kept = graph.layers.toReversed().filter((layer) => {
    if (!needed.has(layer.name)) return false;
    layer.inputs.forEach((input) => needed.add(input));
    return true;
  });
  return { ...graph, layers: kept.reverse() };
};

/**
 * The graph after one layer, whose output becomes its input: `graphAfter(graph, cut)` of `graphUpTo(graph, cut)` is the
 * whole graph.
 * @throws RangeError when a later layer needs something else from before the cut: the layer is no freeze point.
 */
export const graphAfter = (graph: Graph, cut: string): Graph => {
  const inputShape = shapeOf(inferShapes(graph), layerNamed(graph, cut).name);
  const before = new Set(graphUpTo(graph, cut).layers.map(({ name }) => name));
  const layers = graph.layers
    .filter(({ name }) => !before.has(name))
    .map((layer) => ({ ...layer, inputs: layer.inputs.map((input) => (input === cut ? GRAPH_INPUT : input)) }));
  const names = new Set(layers.map(({ name }) => name));
  for (const { name, inputs } of layers)
    for (const input of inputs)
      if (input !== GRAPH_INPUT && !names.has(input))
        throw new RangeError(`"${cut}" is no freeze point: "${name}" needs "${input}" from before it`);
  if (graph.layers.some(({ name, inputs }) => names.has(name) && inputs.includes(GRAPH_INPUT)))
    throw new RangeError(`"${cut}" is no freeze point: a later layer reads the network's input`);
  return { inputShape, layers };
};

/** How large a network is, as papers count it. */
import { elementsOf, inferShapes, inputShapeOf, parameterShapes, shapeOf } from './infer-shapes.js';
import type { Graph } from './layers.js';

/** Batch-norm statistics are measured, not learned: papers and frameworks leave them out. */
const NOT_LEARNED: ReadonlySet<string> = new Set(['mean', 'variance']);

/** Whether training by gradient changes a parameter of that name. */
export const isLearned = (parameter: string): boolean => !NOT_LEARNED.has(parameter);

/** Learned parameters. */
export const countParameters = (graph: Graph): number => {
  const shapes = inferShapes(graph);
  return graph.layers
    .flatMap((layer) => parameterShapes(layer, shapes))
    .filter(([name]) => isLearned(name))
    .reduce((sum, [, shape]) => sum + elementsOf(shape), 0);
};

/** Multiply-accumulates of convolutions and dense layers for one image (what papers call MAdds or FLOPs/2). */
export const countMacs = (graph: Graph): number => {
  const shapes = inferShapes(graph);
  return graph.layers.reduce((sum, layer) => {
    const [channels = 0] = inputShapeOf(layer, shapes);
    const outputs = elementsOf(shapeOf(shapes, layer.name));
    if (layer.kind === 'conv') return sum + outputs * layer.kernel ** 2 * (channels / layer.groups);
    if (layer.kind === 'dense') return sum + outputs * channels;
    return sum;
  }, 0);
};

/** A graph's parameters, and how they are taken out of somebody's checkpoint. */
import { AppError } from '@graft/contracts';
import { toFloat32, type Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { inferShapes, parameterShapes, type Shape } from './infer-shapes.js';
import { parameterName, type Graph } from './layers.js';

/** Parameters by `parameterName(layer, parameter)`, row-major, in the layouts that layers.ts names. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** @throws RangeError when the graph's weights lack it: they were loaded for another graph. */
export const weightOf = (weights: Weights, layer: string, parameter: string): Float32Array => {
  const values = weights.get(parameterName(layer, parameter));
  if (values === undefined) throw new RangeError(`there are no weights "${parameterName(layer, parameter)}"`);
  return values;
};

/** How one architecture's parameters are called in a checkpoint. */
export interface CheckpointNames {
  /** The checkpoint's name for a layer's parameter. */
  keyOf(layer: string, parameter: string): string;
  /** Whether a tensor that no layer asks for may be there (a training counter). */
  mayIgnore(key: string): boolean;
}

const show = (shape: Shape): string => `[${shape.join(', ')}]`;

/**
 * Every parameter of the graph, out of the checkpoint; each name and each shape is checked, and nothing may be left over.
 * @throws AppError `checkpoint_unfit` naming the first parameter that is missing, misshapen, not finite or unasked for.
 */
export const loadWeights = (options: { graph: Graph; checkpoint: Checkpoint; names: CheckpointNames }): Weights => {
  const { graph, checkpoint, names } = options;
  const shapes = inferShapes(graph);
  const weights = new Map<string, Float32Array>();
  const asked = new Set<string>();
  for (const layer of graph.layers)
    for (const [parameter, shape] of parameterShapes(layer, shapes)) {
      const key = names.keyOf(layer.name, parameter);
      const tensor = checkpoint.get(key);
      asked.add(key);
      if (tensor === undefined)
        throw new AppError('checkpoint_unfit', `the checkpoint has no tensor "${key}" (expected ${show(shape)})`, {
          details: { key },
        });
      if (show(tensor.shape) !== show(shape))
        throw new AppError(
          'checkpoint_unfit',
          `the checkpoint's "${key}" is ${show(tensor.shape)}, expected ${show(shape)}`,
          { details: { key, found: tensor.shape, expected: shape } },
        );
      const values = toFloat32(key, tensor);
      if (!values.every(Number.isFinite))
        throw new AppError('checkpoint_unfit', `the checkpoint's "${key}" holds a value that is not finite`, {
          details: { key },
        });
      weights.set(parameterName(layer.name, parameter), values);
    }
  const stray = [...checkpoint.keys()].find((key) => !asked.has(key) && !names.mayIgnore(key));
  if (stray !== undefined)
    throw new AppError('checkpoint_unfit', `the checkpoint holds "${stray}", which this architecture doesn't have`, {
      details: { key: stray },
    });
  return weights;
};

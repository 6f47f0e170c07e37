/** A graph's parameters. */
import { parameterName } from './layers.js';

/** Parameters by `parameterName(layer, parameter)`, row-major, in the layouts that layers.ts names. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** @throws RangeError when the graph's weights lack it: they were loaded for another graph. */
export const weightOf = (weights: Weights, layer: string, parameter: string): Float32Array => {
  const values = weights.get(parameterName(layer, parameter));
  if (values === undefined) throw new RangeError(`there are no weights "${parameterName(layer, parameter)}"`);
  return values;
};

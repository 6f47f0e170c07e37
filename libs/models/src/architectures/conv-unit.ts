/** The unit that most networks are made of: torchvision's Conv2dNormActivation (ops/misc.py). */
import type { Activation } from '../graph/layers.js';
import type { ConvOptions, GraphBuilder } from './graph-builder.js';

export interface ConvUnit extends Omit<ConvOptions, 'bias'> {
  readonly name: string;
  readonly input: string;
  /** Of the batch norm. */
  readonly epsilon: number;
  /** `none`: linear. */
  readonly activation: Activation | 'none';
}

/** The names of a unit's two layers with parameters. */
export interface ConvUnitNames {
  readonly conv: string;
  readonly norm: string;
}

/** Torchvision's: `<unit>.0` and `<unit>.1`. */
export const namesOfUnit = (unit: string): ConvUnitNames => ({ conv: `${unit}.0`, norm: `${unit}.1` });

/** Convolution without a bias, batch norm, activation (`<unit>.2`). */
export const addConvUnit = (graph: GraphBuilder, unit: ConvUnit): string => {
  const { name, input, epsilon, activation, ...options } = unit;
  const { conv, norm } = namesOfUnit(name);
  const normalized = graph.batchNorm(norm, graph.conv(conv, input, options), epsilon);
  return activation === 'none' ? normalized : graph.activation(`${name}.2`, normalized, activation);
};

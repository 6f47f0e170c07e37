/** A network's parameters as variables of a graph. */
import { isLearned } from '../graph/count.js';
import { parameterShapes, type Shapes } from '../graph/infer-shapes.js';
import { parameterName, type Graph, type Layer } from '../graph/layers.js';
import { tensorFlowShape } from '../tensorflow/parameter-layout.js';
import type { Value } from './tape.js';
import type { Variable, Variables } from './variables.js';

export interface Parameter {
  readonly layer: Layer;
  readonly name: string;
  /** In TensorFlow's layout. */
  readonly variable: Variable;
}

/** @param prefix of the variables' names; default: none. */
export const createParameters = (
  graph: Graph,
  shapes: Shapes,
  variables: Variables,
  prefix = '',
): readonly Parameter[] =>
  graph.layers.flatMap((layer) =>
    parameterShapes(layer, shapes).map(([name, shape]) => ({
      layer,
      name,
      variable: variables.create(`${prefix}${parameterName(layer.name, name)}`, tensorFlowShape(layer, shape)),
    })),
  );

/** Those that a gradient changes. */
export const learnedOf = (parameters: readonly Parameter[], learns: (layer: string) => boolean): readonly Parameter[] =>
  parameters.filter(({ layer, name }) => isLearned(name) && learns(layer.name));

/** Decay shrinks weights; batch norms and biases have no use for it (He et al., arXiv:1812.01187, section 3.1). */
export const isDecayed = ({ name }: Parameter): boolean => name === 'weight';

/** Values of a forward pass by `parameterName`. */
export type ParameterValues = ReadonlyMap<string, Value>;

/** @throws RangeError when the graph has no such parameter. */
export const valueNamed = (values: ParameterValues, name: string): Value => {
  const value = values.get(name);
  if (value === undefined) throw new RangeError(`there is no parameter "${name}"`);
  return value;
};

/** @throws RangeError when there is none of that name. */
export const variableNamed = (variables: Variables, name: string): Variable => {
  const variable = variables.all.find((each) => each.name === name);
  if (variable === undefined) throw new RangeError(`there is no variable "${name}"`);
  return variable;
};

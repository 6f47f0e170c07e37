/** The variables of a training before its first step. */
import { inferShapes, parameterShapes } from '../graph/infer-shapes.js';
import { parameterName, type Graph } from '../graph/layers.js';
import { weightOf, type Weights } from '../graph/weights.js';
import { fromTensorFlowLayout, toTensorFlowLayout } from '../tensorflow/parameter-layout.js';
import { TEACHER, type TrainingGraph } from './compile-training.js';
import { AVERAGE_SLOT } from './updates.js';

/** Parameters in TensorFlow's layout, by `parameterName`. */
const toVariables = (graph: Graph, weights: Weights): Map<string, Float32Array> => {
  const shapes = inferShapes(graph);
  return new Map(
    graph.layers.flatMap((layer) =>
      parameterShapes(layer, shapes).map(([name, shape]) => [
        parameterName(layer.name, name),
        toTensorFlowLayout(layer, weightOf(weights, layer.name, name), shape),
      ]),
    ),
  );
};

/** The parameters' own values; averages start there too, and the optimizer's slots at zero. */
export const initialState = (
  training: TrainingGraph,
  { graph, weights }: { graph: Graph; weights: Weights },
): ReadonlyMap<string, Float32Array> => {
  const parameters = toVariables(graph, weights);
  const average = `${AVERAGE_SLOT}/`;
  return new Map(
    training.variables.map(({ name, shape }) => {
      const own = parameters.get(name.startsWith(average) ? name.slice(average.length) : name);
      return [name, own ?? new Float32Array(shape.reduce((product, size) => product * size, 1))];
    }),
  );
};

/** A teacher's parameters under the names of their variables. */
export const teacherState = ({
  graph,
  weights,
}: {
  graph: Graph;
  weights: Weights;
}): ReadonlyMap<string, Float32Array> =>
  new Map([...toVariables(graph, weights)].map(([name, values]) => [`${TEACHER}${name}`, values]));

/** The graph's weights out of a training's variables; `average`: of the averages, where there is one. */
export const weightsOfState = (
  graph: Graph,
  state: ReadonlyMap<string, Float32Array>,
  { average = false }: { average?: boolean } = {},
): Weights => {
  const shapes = inferShapes(graph);
  return new Map(
    graph.layers.flatMap((layer) =>
      parameterShapes(layer, shapes).map(([name, shape]) => {
        const key = parameterName(layer.name, name);
        const values = (average ? state.get(`${AVERAGE_SLOT}/${key}`) : undefined) ?? state.get(key);
        if (values === undefined) throw new RangeError(`the state has no "${key}"`);
        return [key, fromTensorFlowLayout(layer, values, shape)];
      }),
    ),
  );
};

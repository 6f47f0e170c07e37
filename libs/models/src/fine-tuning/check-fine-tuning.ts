/** What a fine-tuning refuses before it begins. */
import { AppError } from '@graft/contracts';
import { inferShapes, parameterShapes, shapeOf } from '../graph/infer-shapes.js';
import { GRAPH_INPUT, parameterName } from '../graph/layers.js';
import type { Examples } from './examples.js';
import type { FineTuning } from './fine-tuning.js';

/** Classes that a graph tells apart. */
export const classesOf = ({ graph }: Pick<FineTuning, 'graph'>): number =>
  shapeOf(inferShapes(graph), graph.layers.at(-1)?.name ?? GRAPH_INPUT)[0] ?? 0;

const refuse = (message: string): never => {
  throw new AppError('invalid_request', message);
};

const checkExamples = (what: string, examples: Examples, shape: readonly number[], classes: number): void => {
  if (examples.shape.join() !== shape.join())
    refuse(`${what}: expected examples of [${shape.join(', ')}], got [${examples.shape.join(', ')}]`);
  examples.labels.forEach((label, row) => {
    if (label < 0 || label >= classes) refuse(`${what}: row ${row} has the class ${label} of ${classes}`);
  });
};

/** @throws AppError `invalid_request` when graph, weights, stages and examples don't fit together. */
export const checkFineTuning = (training: FineTuning): void => {
  const { graph, weights, stages } = training;
  const classes = classesOf(training);
  if (classes < 2) refuse(`a classifier needs at least 2 classes, got ${classes}`);
  if (training.train.labels.length === 0) refuse('there are no images to train on');
  const [channels = 0, ...size] = graph.inputShape;
  const shape = [...size, channels];
  const { train, validation, comparison } = training;
  Object.entries({ train, validation, comparison }).forEach(([what, examples]) =>
    checkExamples(what, examples, shape, classes),
  );
  const shapes = inferShapes(graph);
  const own = graph.layers.filter((layer) => parameterShapes(layer, shapes).length > 0);
  for (const layer of own)
    for (const [name, expected] of parameterShapes(layer, shapes)) {
      const key = parameterName(layer.name, name);
      const length = expected.reduce((product, axis) => product * axis, 1);
      const found = weights.get(key)?.length;
      if (found !== length) refuse(`expected ${length} weights "${key}" to start from, got ${found ?? 'none'}`);
    }
  const names = new Set(own.map(({ name }) => name));
  const unknown = stages.flat().find((layer) => !names.has(layer));
  if (unknown !== undefined) refuse(`stages name "${unknown}", which is no layer with parameters`);
  if (stages.length === 0 || stages.some((layers) => layers.length === 0))
    refuse('a stage without a layer learns nothing');
};

/** How much each channel matters to the loss on given examples. */
import type { Examples } from '../fine-tuning/examples.js';
import { createTargets } from '../fine-tuning/targets.js';
import { inferShapes, parameterShapes } from '../graph/infer-shapes.js';
import { parameterName, type Graph } from '../graph/layers.js';
import { fromTensorFlowLayout } from '../tensorflow/parameter-layout.js';
import { compileTraining } from '../training-graph/compile-training.js';
import { initialState } from '../training-graph/initial-state.js';
import { openTrainingSession } from '../training-graph/training-session.js';
import { scoredGroups, type ChannelScores, type ScoredNetwork } from './channel-scores.js';
import { createTaylorSums, gateOf } from './taylor-scores.js';

const DEFAULT_BATCH = 32;

export interface ImportanceOptions {
  /** Some hundreds of those that it was trained on are enough; read in order, each once. */
  readonly examples: Examples;
  /** Examples of one gradient; default 32. */
  readonly batchSize?: number;
  /** Told after each gradient: examples that are done, and how many there are. */
  readonly onProgress?: (done: number, total: number) => Promise<void>;
}

/** What the optimizer keeps of a parameter's gradient: all of it, with a momentum of 0. */
const gradientsOf = (
  graph: Graph,
  learned: readonly string[],
  state: ReadonlyMap<string, Float32Array>,
): ReadonlyMap<string, Float32Array> => {
  const shapes = inferShapes(graph);
  return new Map(
    graph.layers.flatMap((layer) =>
      parameterShapes(layer, shapes).flatMap(([parameter, shape]) => {
        const name = parameterName(layer.name, parameter);
        const gradient = state.get(`momentum/${name}`);
        return !learned.includes(name) || gradient === undefined
          ? []
          : [[name, fromTensorFlowLayout(layer, gradient, shape)] as const];
      }),
    ),
  );
};

/**
 * The scores of taylor-scores.ts with the gradients of the cross-entropy, batch norms using their own statistics. Calls block while TensorFlow
 * computes.
 * @param options.graph a whole network, whose last layer gives the logits of the examples' classes.
 * @throws AppError `missing_prerequisite` without TensorFlow, `too_large` when memory runs out.
 */
export const taylorImportance = async (options: ScoredNetwork & ImportanceOptions): Promise<ChannelScores> => {
  const { graph, weights, examples, batchSize = DEFAULT_BATCH } = options;
  const gates = new Set(scoredGroups(options).map((group) => gateOf(graph, group).layer));
  const training = compileTraining({
    graph,
    precision: 'float',
    optimizer: { kind: 'sgd', momentum: 0, nesterov: false, weightDecay: 0 },
    learns: (layer) => gates.has(layer),
    usesBatchStatistics: () => false,
  });
  const last = graph.layers.at(-1);
  const classes = last?.kind === 'dense' ? last.units : 0;
  const { labels } = examples;
  const targetsOf = createTargets({ labels, classes, settings: { labelSmoothing: 0, classWeights: 'none' } });
  const session = await openTrainingSession(training);
  try {
    session.assign(initialState(training, { graph, weights }));
    const sums = createTaylorSums(options);
    for (let from = 0; from < labels.length; from += batchSize) {
      const rows = Array.from({ length: Math.min(batchSize, labels.length - from) }, (_, at) => from + at);
      const targets = targetsOf(rows);
      session.step({
        input: { values: await examples.read(rows, null), shape: [rows.length, ...examples.shape] },
        labels: { values: targets.labels, shape: [rows.length, classes] },
        weights: targets.weights,
        // A step of length 0 leaves the weights as they are.
        scalars: { learningRate: 0 },
      });
      sums.add(gradientsOf(graph, training.learned, session.read()));
      await options.onProgress?.(from + rows.length, labels.length);
    }
    return sums.scores();
  } finally {
    session.dispose();
  }
};

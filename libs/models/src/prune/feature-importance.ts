/** How much each channel matters to a network's features, whatever is made of them. */
import { initializeWeights } from '../graph/initialize-weights.js';
import { parameterName } from '../graph/layers.js';
import type { ChannelScores, ScoredNetwork } from './channel-scores.js';
import { taylorImportance, type ImportanceOptions } from './taylor-importance.js';

/** Directions that the features are projected on; each example's gradient is of one against all. */
const DIRECTIONS = 256;
/** Of the directions: the same network is scored alike. */
const SEED = 0;

/**
 * `taylorImportance` with the classifier replaced by random directions, and a random one of them as each example's class. A
 * classifier that is sure of its few classes has hardly a gradient, and what it doesn't look at would go, though a network
 * that learns again from few images needs all that it knew (EfficientNet-lite0 for two labels at 60% of its multiply-accumulates,
 * then trained again: 145 of 153 photos right so, 143 by the classifier's own loss).
 * @param options.graph a whole network, whose last layer is dense.
 * @param options.examples as of `taylorImportance`; their labels don't matter.
 * @throws AppError as `taylorImportance` does; RangeError when the network doesn't end in a dense layer.
 */
export const featureImportance = async (options: ScoredNetwork & ImportanceOptions): Promise<ChannelScores> => {
  const { graph, weights, examples } = options;
  const classifier = graph.layers.at(-1);
  if (classifier?.kind !== 'dense') throw new RangeError('the network does not end in a dense layer');
  const projection = { ...classifier, units: DIRECTIONS };
  const projected = { ...graph, layers: [...graph.layers.slice(0, -1), projection] };
  const drawn = initializeWeights(projected, SEED);
  const own = ['weight', 'bias'].map((name) => parameterName(classifier.name, name));
  // Spread evenly, and apart from the order that labels come in.
  const labels = examples.labels.map((_, at) => (at * 97) % DIRECTIONS);
  return taylorImportance({
    ...options,
    graph: projected,
    weights: new Map([...weights, ...own.flatMap((name) => [[name, drawn.get(name) ?? new Float32Array()] as const])]),
    examples: { ...examples, labels },
  });
};

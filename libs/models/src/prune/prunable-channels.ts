/**
 * Which channels of a network may go without any other tensor changing its form: structured pruning, as Li et al., "Pruning
 * Filters for Efficient ConvNets", arXiv:1608.08710, remove whole filters. It is read off the graph: layers that work on each
 * channel by itself tie the channels of what they read to those of what they give, so that all of them lose the same ones.
 */
import { inferShapes, inputShapeOf, type Shapes } from '../graph/infer-shapes.js';
import { GRAPH_INPUT, layerNamed, type ConvLayer, type Graph, type Layer } from '../graph/layers.js';

/** Channels that go together or stay together. */
export interface ChannelGroup {
  /** The convolution whose filters they are; the group goes by its name. */
  readonly conv: string;
  /** How many there are. */
  readonly channels: number;
  /**
   * Layers whose parameters have one slice a channel on their first axis, in the graph's order: `conv`, batch norms,
   * depthwise convolutions, the last convolution of a squeeze-and-excitation.
   */
  readonly members: readonly string[];
  /** Convolutions and dense layers that mix the channels: their weights have slices for each on the second axis. */
  readonly readers: readonly string[];
}

/** Whether each channel is filtered by itself. */
export const isDepthwise = (layer: ConvLayer, shapes: Shapes): boolean =>
  layer.groups > 1 && layer.groups === layer.filters && layer.groups === inputShapeOf(layer, shapes)[0];

/** What the last layer reads: the feature vector, where that layer is a classifier. */
const featuresOf = (graph: Graph): readonly string[] =>
  graph.layers.at(-1)?.inputs.filter((input) => input !== GRAPH_INPUT) ?? [];

/** Tensors that share their channels (disjoint sets, by path halving). */
const createTies = () => {
  const parents = new Map<string, string>();
  const find = (name: string): string => {
    let at = name;
    for (let parent = parents.get(at); parent !== undefined; parent = parents.get(at)) at = parent;
    if (at !== name) parents.set(name, at);
    return at;
  };
  return {
    find,
    tie: (one: string, other: string): void => {
      const [a, b] = [find(one), find(other)];
      if (a !== b) parents.set(a, b);
    },
  };
};

/** Whether a layer gives the channels that it reads, one for one. */
const passesChannels = (layer: Layer, shapes: Shapes): boolean =>
  layer.kind === 'conv' ? isDepthwise(layer, shapes) : layer.kind !== 'dense';

/** Whether a layer has a full set of weights from every channel that it reads to every one that it gives. */
const mixesChannels = (layer: Layer): boolean =>
  layer.kind === 'dense' || (layer.kind === 'conv' && layer.groups === 1);

const hasParameters = ({ kind }: Layer): boolean => kind === 'conv' || kind === 'batchNorm';

/** Tensors that hold one number a channel: the inside of a squeeze-and-excitation, features. */
const pooledNames = (graph: Graph): ReadonlySet<string> => {
  const pooled = new Set<string>();
  for (const { kind, name, inputs } of graph.layers)
    if (kind === 'globalAveragePool' || pooled.has(inputs[0] ?? '')) pooled.add(name);
  return pooled;
};

/** Tensors whose channels can't go, whoever reads them. */
const fixedNames = (graph: Graph, shapes: Shapes): readonly string[] => [
  GRAPH_INPUT,
  ...graph.layers.slice(-1).map(({ name }) => name),
  ...graph.layers.flatMap((layer) => {
    // A sum needs the same channels of both sides, and through shortcuts of a whole stage.
    if (layer.kind === 'add' || layer.kind === 'dense') return [layer.name];
    // Several channels a group, but not all of them: one can't go alone.
    return layer.kind === 'conv' && !mixesChannels(layer) && !isDepthwise(layer, shapes)
      ? [layer.name, ...layer.inputs]
      : [];
  }),
];

/**
 * All groups of channels that may go, in the order of their convolutions. Channels that reach a sum, the input or the output
 * stay, and so do the few inside a squeeze-and-excitation, which cost next to nothing.
 * @param options.fixed layers whose outputs keep their channels; default: what the last layer reads, since a feature
 * vector's length is known outside of the network.
 * @throws RangeError when the graph doesn't fit together, or has no layer that `fixed` names.
 */
export const prunableChannels = (
  graph: Graph,
  { fixed = featuresOf(graph) }: { readonly fixed?: readonly string[] } = {},
): readonly ChannelGroup[] => {
  const shapes = inferShapes(graph);
  const { find, tie } = createTies();
  for (const layer of graph.layers)
    if (passesChannels(layer, shapes)) layer.inputs.forEach((input) => tie(layer.name, input));
  const stays = new Set([...fixedNames(graph, shapes), ...fixed.map((name) => layerNamed(graph, name).name)].map(find));
  const pooled = pooledNames(graph);
  const groups = new Map<string, { conv: string; channels: number; members: string[]; readers: string[] }>();
  for (const layer of graph.layers) {
    const [given, read] = [find(layer.name), find(layer.inputs[0] ?? GRAPH_INPUT)];
    if (mixesChannels(layer)) groups.get(read)?.readers.push(layer.name);
    const group = groups.get(given);
    if (group !== undefined) {
      if (hasParameters(layer)) group.members.push(layer.name);
    } else if (layer.kind === 'conv' && !stays.has(given) && !pooled.has(layer.name))
      groups.set(given, { conv: layer.name, channels: layer.filters, members: [layer.name], readers: [] });
  }
  return [...groups.values()].filter(({ readers }) => readers.length > 0);
};

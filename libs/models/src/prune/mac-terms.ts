/** A network's multiply-accumulates as a function of how many channels its groups have: what `countMacs` counts. */
import { elementsOf, inferShapes, inputShapeOf, shapeOf } from '../graph/infer-shapes.js';
import type { Graph } from '../graph/layers.js';
import { isDepthwise, type ChannelGroup } from './prunable-channels.js';

/** Channels by a group's convolution. */
type Channels = ReadonlyMap<string, number>;

/** Of one layer: `constant` times the channels of each of the groups (none, one or two). */
interface MacTerm {
  readonly constant: number;
  readonly groups: readonly string[];
}

export interface MacTerms {
  /** Multiply-accumulates for one image. */
  total(channels: Channels): number;
  /** How many fewer there are with `count` channels left in one group, the others as they are. */
  saved(channels: Channels, conv: string, count: number): number;
}

/** Every layer that multiplies, its channels that belong to a group taken out of its count. */
const termsOf = (graph: Graph, groups: readonly ChannelGroup[]): readonly MacTerm[] => {
  const shapes = inferShapes(graph);
  const groupOf = (role: 'members' | 'readers'): ReadonlyMap<string, ChannelGroup> =>
    new Map(groups.flatMap((group) => group[role].map((layer) => [layer, group])));
  const [given, read] = [groupOf('members'), groupOf('readers')];
  return graph.layers.flatMap((layer): MacTerm[] => {
    if (layer.kind !== 'conv' && layer.kind !== 'dense') return [];
    const [inputs = 0] = inputShapeOf(layer, shapes);
    const each = layer.kind === 'conv' ? (layer.kernel ** 2 * inputs) / layer.groups : inputs;
    const macs = elementsOf(shapeOf(shapes, layer.name)) * each;
    // A depthwise convolution gives the channels that it reads: they count once.
    const factors =
      layer.kind === 'conv' && isDepthwise(layer, shapes)
        ? [given.get(layer.name)]
        : [given.get(layer.name), read.get(layer.name)];
    const own = factors.filter((group) => group !== undefined);
    return [
      { constant: own.reduce((rest, { channels }) => rest / channels, macs), groups: own.map(({ conv }) => conv) },
    ];
  });
};

/** @param groups of `prunableChannels(graph)`, those that may change. */
export const createMacTerms = (graph: Graph, groups: readonly ChannelGroup[]): MacTerms => {
  const terms = termsOf(graph, groups);
  const byGroup = new Map(groups.map(({ conv }) => [conv, terms.filter((term) => term.groups.includes(conv))]));
  const sum = (some: readonly MacTerm[], countOf: (conv: string) => number): number => {
    let macs = 0;
    for (const { constant, groups: factors } of some) {
      let product = constant;
      for (const conv of factors) product *= countOf(conv);
      macs += product;
    }
    return macs;
  };
  return {
    total: (channels) => sum(terms, (conv) => channels.get(conv) ?? NaN),
    saved: (channels, conv, count) => {
      const own = byGroup.get(conv) ?? [];
      const countOf = (name: string): number => channels.get(name) ?? NaN;
      return sum(own, countOf) - sum(own, (name) => (name === conv ? count : countOf(name)));
    },
  };
};

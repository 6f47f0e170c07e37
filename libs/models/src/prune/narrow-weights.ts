/** The weights of a network with fewer channels: slices of those it had. */
import { AppError } from '@graft/contracts';
import { elementsOf, inferShapes, parameterShapes } from '../graph/infer-shapes.js';
import { parameterName, type Graph } from '../graph/layers.js';
import { weightOf, type Weights } from '../graph/weights.js';
import { prunableChannels, type ChannelGroup } from './prunable-channels.js';

/** By a group's convolution, the channels that remain, ascending. */
export type KeptChannels = ReadonlyMap<string, readonly number[]>;

/** How many channels remain of each convolution: what `narrowGraph` takes. */
export const countKept = (kept: KeptChannels): ReadonlyMap<string, number> =>
  new Map([...kept].map(([conv, channels]) => [conv, channels.length]));

const allOf = (length: number): readonly number[] => Array.from({ length }, (_, at) => at);

/** Of row-major [rows, columns, inner], some rows and columns: [kept rows, kept columns, inner]. */
const slice = (
  values: Float32Array,
  [rows, columns]: readonly [readonly number[], readonly number[]],
  { width, inner }: { readonly width: number; readonly inner: number },
): Float32Array => {
  const sliced = new Float32Array(rows.length * columns.length * inner);
  let to = 0;
  for (const row of rows)
    for (const column of columns) {
      const from = (row * width + column) * inner;
      sliced.set(values.subarray(from, from + inner), to);
      to += inner;
    }
  return sliced;
};

const checkKept = (groups: ReadonlyMap<string, ChannelGroup>, kept: KeptChannels): void => {
  for (const [conv, channels] of kept) {
    const group = groups.get(conv);
    const ascends = channels.every((channel, at) => Number.isInteger(channel) && channel > (channels[at - 1] ?? -1));
    if (group === undefined || channels.length === 0 || !ascends || (channels.at(-1) ?? 0) >= group.channels)
      throw new AppError('invalid_request', `the channels to be kept of "${conv}" aren't channels of it, ascending`, {
        details: { conv, channels: group?.channels ?? null },
      });
  }
};

/**
 * Weights for `narrowGraph(graph, countKept(kept))`: the kept slices of convolutions' filters and of the inputs of whoever
 * reads them, of batch norms' four vectors, of depthwise filters, gates and dense layers. What isn't touched is the same
 * array as before.
 * @param graph the network before.
 * @throws AppError `invalid_request` when a convolution's channels can't go or don't ascend, RangeError when a parameter of
 * the graph is missing or of another size.
 */
export const narrowWeights = (graph: Graph, weights: Weights, kept: KeptChannels): Weights => {
  const shapes = inferShapes(graph);
  const groups = prunableChannels(graph, { fixed: [] });
  checkKept(new Map(groups.map((group) => [group.conv, group])), kept);
  const given = new Map<string, readonly number[]>();
  const read = new Map<string, readonly number[]>();
  const channelsRead = new Map<string, number>();
  for (const { conv, channels, members, readers } of groups) {
    const remaining = kept.get(conv);
    if (remaining === undefined) continue;
    members.forEach((member) => given.set(member, remaining));
    for (const reader of readers) {
      read.set(reader, remaining);
      channelsRead.set(reader, channels);
    }
  }
  const narrowed = new Map<string, Float32Array>();
  for (const layer of graph.layers)
    for (const [parameter, shape] of parameterShapes(layer, shapes)) {
      const values = weightOf(weights, layer.name, parameter);
      if (values.length !== elementsOf(shape))
        throw new RangeError(`"${parameterName(layer.name, parameter)}" has ${values.length} numbers`);
      const [rows = 0, columns = 1] = shape;
      // A reader's weights have columns for each channel; after a flattened map, several of them.
      const width = shape.length > 1 ? (channelsRead.get(layer.name) ?? columns) : 1;
      const [keptRows, keptColumns] = [given.get(layer.name), shape.length > 1 ? read.get(layer.name) : undefined];
      narrowed.set(
        parameterName(layer.name, parameter),
        keptRows === undefined && keptColumns === undefined
          ? values
          : slice(values, [keptRows ?? allOf(rows), keptColumns ?? allOf(width)], {
              width,
              inner: values.length / rows / width,
            }),
      );
    }
  return narrowed;
};

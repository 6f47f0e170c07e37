/** A network with fewer channels. */
import { AppError } from '@graft/contracts';
import type { Graph } from '../graph/layers.js';
import { prunableChannels } from './prunable-channels.js';

/**
 * The same graph with fewer filters in some convolutions; what is tied to their channels (batch norms, depthwise
 * convolutions, gates) follows, and whoever reads them takes fewer inputs. A pruned network is described in full by its
 * architecture and this map, at any input size and for any number of classes.
 * @param channels by convolution, how many of its filters remain: from 1 to all of them.
 * @throws AppError `invalid_request` for a convolution whose channels can't go, or more or fewer than it can have.
 */
export const narrowGraph = (graph: Graph, channels: ReadonlyMap<string, number>): Graph => {
  const groups = new Map(prunableChannels(graph, { fixed: [] }).map((group) => [group.conv, group]));
  const filters = new Map<string, number>();
  for (const [conv, count] of channels) {
    const group = groups.get(conv);
    if (group === undefined)
      throw new AppError('invalid_request', `"${conv}" is no convolution of this network whose channels may go`, {
        details: { conv },
      });
    if (!Number.isInteger(count) || count < 1 || count > group.channels)
      throw new AppError('invalid_request', `"${conv}" can keep 1 to ${group.channels} channels, not ${count}`, {
        details: { conv, count, channels: group.channels },
      });
    group.members.forEach((member) => filters.set(member, count));
  }
  const layers = graph.layers.map((layer) => {
    const count = filters.get(layer.name);
    return layer.kind !== 'conv' || count === undefined
      ? layer
      : { ...layer, filters: count, groups: layer.groups === 1 ? 1 : count };
  });
  return { ...graph, layers };
};

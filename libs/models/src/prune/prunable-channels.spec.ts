import { describe, expect, it } from '@jest/globals';
import { findArchitecture } from '../architectures/find-architecture.js';
import { createGraphBuilder } from '../architectures/graph-builder.js';
import type { Graph } from '../graph/layers.js';
import { thrownBy } from '../testing/thrown-by.js';
import { narrowGraph } from './narrow-graph.js';
import { narrowWeights } from './narrow-weights.js';
import { prunableChannels } from './prunable-channels.js';

const SIZE = { height: 64, width: 64 };
const graphNamed = (name: string): Graph => findArchitecture(name).graph({ ...SIZE, classes: 5 });
const convolutionsOf = (graph: Graph): string[] => prunableChannels(graph).map(({ conv }) => conv);

describe('channels that may go', () => {
  it("are those inside of a residual network's blocks, and those that its first stage's shortcut doesn't add", () => {
    const basic = [1, 2, 3, 4].flatMap((stage) => [0, 1].map((at) => `layer${stage}.${at}.conv1`));
    expect(convolutionsOf(graphNamed('resnet18'))).toEqual(basic);
    const bottlenecks = [3, 4, 6, 3].flatMap((blocks, stage) =>
      Array.from({ length: blocks }, (_, at) => [1, 2].map((index) => `layer${stage + 1}.${at}.conv${index}`)).flat(),
    );
    expect(convolutionsOf(graphNamed('resnet50'))).toEqual(['conv1', ...bottlenecks]);
  });

  it('are expansions with their depthwise convolution and their gate', () => {
    const groups = prunableChannels(graphNamed('efficientnet_b0'));
    const [block, squeeze] = ['features.2.1.block', 'features.2.1.block.2'];
    expect(groups.find(({ conv }) => conv === `${block}.0.0`)).toEqual({
      conv: `${block}.0.0`,
      channels: 144,
      members: [`${block}.0.0`, `${block}.0.1`, `${block}.1.0`, `${block}.1.1`, `${squeeze}.fc2`],
      readers: [`${squeeze}.fc1`, `${block}.3.0`],
    });
    const convs = groups.map(({ conv }) => conv);
    // The gate's few inner channels, sums, and the features.
    for (const conv of [`${squeeze}.fc1`, `${block}.3.0`, 'features.8.0']) expect(convs).not.toContain(conv);
    // A stage of one block adds nothing to what it ends with.
    expect(convs).toContain('features.7.0.block.3.0');
  });

  it("are all of VGG's, up to the dense layer behind the flattened map", () => {
    const groups = prunableChannels(graphNamed('vgg11_bn'));
    expect(groups.map(({ channels }) => channels)).toEqual([64, 128, 256, 256, 512, 512, 512, 512]);
    expect(groups.at(-1)?.readers).toEqual(['classifier.0']);
  });

  it('are none that the last layer reads, unless it is allowed, nor any that are named', () => {
    const graph = graphNamed('mobilenet_v2');
    const all = prunableChannels(graph, { fixed: [] }).map(({ conv }) => conv);
    expect(all).toContain('features.18.0');
    expect(convolutionsOf(graph)).toEqual(all.filter((conv) => conv !== 'features.18.0'));
    const inside = 'features.2.conv.0.2';
    expect(prunableChannels(graph, { fixed: [inside] }).map(({ conv }) => conv)).not.toContain('features.2.conv.0.0');
    expect(() => prunableChannels(graph, { fixed: ['nowhere'] })).toThrow('nowhere');
  });

  it('are none of a convolution in several groups, on either side of it', () => {
    const builder = createGraphBuilder();
    const first = builder.conv('first', 'input', { filters: 16, kernel: 1 });
    const grouped = builder.conv('grouped', first, { filters: 16, kernel: 3, groups: 4 });
    const last = builder.conv('last', builder.conv('free', grouped, { filters: 16, kernel: 1 }), {
      filters: 16,
      kernel: 1,
    });
    builder.dense('classifier', builder.globalAveragePool('pool', last), 3);
    expect(convolutionsOf(builder.build(SIZE))).toEqual(['free']);
  });
});

describe('a narrower network', () => {
  const graph = graphNamed('resnet18');

  it('is refused for channels that can’t go, or more or fewer than there are', async () => {
    const narrow = (conv: string, count: number) => thrownBy(() => narrowGraph(graph, new Map([[conv, count]])));
    expect(await narrow('layer1.0.conv2', 8)).toMatchObject({ code: 'invalid_request' });
    expect((await narrow('layer1.0.conv2', 8)).message).toContain('layer1.0.conv2');
    for (const count of [0, 65, 7.5])
      expect((await narrow('layer1.0.conv1', count)).message).toBe(
        `"layer1.0.conv1" can keep 1 to 64 channels, not ${count}`,
      );
  });

  it('is refused weights of channels that don’t ascend or aren’t there', async () => {
    const weights = new Map();
    for (const channels of [[], [1, 1], [2, 1], [63, 64], [-1]])
      expect(
        await thrownBy(() => narrowWeights(graph, weights, new Map([['layer1.0.conv1', channels]]))),
      ).toMatchObject({ code: 'invalid_request' });
  });

  it('is the same network where nothing goes', () => {
    expect(narrowGraph(graph, new Map())).toEqual(graph);
  });
});

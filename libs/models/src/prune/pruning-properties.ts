/** What must hold of pruning any architecture, on untrained weights and small images; a spec runs it over the catalog. */
import { describe, expect, it } from '@jest/globals';
import type { Architecture } from '../architectures/architecture.js';
import { countMacs, countParameters } from '../graph/count.js';
import { graphAfter } from '../graph/cut-graph.js';
import { elementsOf, inferShapes, parameterShapes, shapeOf } from '../graph/infer-shapes.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import { layerNamed, parameterName, type Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { graphToOnnx } from '../onnx/graph-to-onnx.js';
import { encodeOnnx } from '../onnx/onnx-model.js';
import { createRandom } from '../random.js';
import { loadOnnxModel } from '../runtime/onnxruntime.js';
import { narrowGraph } from './narrow-graph.js';
import { countKept, narrowWeights, type KeptChannels } from './narrow-weights.js';
import { planPruning } from './plan-pruning.js';
import { prunableChannels, type ChannelGroup } from './prunable-channels.js';

const CLASSES = 7;
/** Rectangular, odd, and as small as every family bears. */
const SIZE = { height: 64, width: 49 };
const BATCH = 2;

const { abs } = Math;

/** Batch statistics that aren't those of no training at all. */
export const liven = (weights: Weights): Weights => {
  const random = createRandom(17);
  return new Map(
    [...weights].map(([name, values]) => {
      if (/\.(mean|shift|bias)$/.test(name)) return [name, values.map(() => 0.1 * random.normal())];
      if (/\.(variance|scale)$/.test(name)) return [name, values.map(() => 0.75 + random.next() / 2)];
      return [name, values];
    }),
  );
};

const toBytes = (graph: Graph, weights: Weights): Uint8Array =>
  encodeOnnx(graphToOnnx({ graph, weights, graphName: 'pruned', outputName: 'output', metadata: {} }));

const runOnnx = async (bytes: Uint8Array, input: Float32Array): Promise<Float32Array> => {
  const runtime = await loadOnnxModel(bytes, { threads: 1 });
  try {
    return (await runtime.run(input, BATCH))['output'] ?? new Float32Array();
  } finally {
    await runtime.dispose();
  }
};

/** The largest gap, in terms of the largest number. */
const difference = (ours: Float32Array, theirs: Float32Array): number => {
  expect(ours.length).toBe(theirs.length);
  let [gap, largest] = [0, 0];
  ours.forEach((value, at) => {
    if (!(abs(value - (theirs[at] ?? NaN)) <= gap)) gap = abs(value - (theirs[at] ?? NaN));
    if (abs(value) > largest) largest = abs(value);
  });
  return gap / largest;
};

/** Every third channel or so stays, the first and the last of some among them. */
const someOf = ({ conv, channels }: ChannelGroup, at: number): readonly [string, readonly number[]] => [
  conv,
  Array.from({ length: channels }, (_, channel) => channel).filter((channel) => channel % 3 === at % 3),
];

/** The same weights with what isn't kept giving zeros: in convolutions, and in batch norms whatever they are given. */
const silence = (graph: Graph, weights: Weights, groups: readonly ChannelGroup[], kept: KeptChannels): Weights => {
  const silenced = new Map(weights);
  for (const { conv, channels, members } of groups) {
    const stays = new Set(kept.get(conv));
    for (const member of members) {
      // What the gate's last convolution says of a channel of zeros doesn't matter.
      const { kind, inputs } = layerNamed(graph, member);
      if (kind === 'conv' && member !== conv && inputs[0]?.includes('activation') === true) continue;
      for (const parameter of kind === 'conv' ? ['weight', 'bias'] : ['scale', 'shift']) {
        const values = weights.get(parameterName(member, parameter))?.slice();
        if (values === undefined) continue;
        const perChannel = values.length / channels;
        for (let channel = 0; channel < channels; channel += 1)
          if (!stays.has(channel)) values.fill(0, channel * perChannel, (channel + 1) * perChannel);
        silenced.set(parameterName(member, parameter), values);
      }
    }
  }
  return silenced;
};

/** Every weight that the graph wants, of its size, and no other. */
const expectFitting = (graph: Graph, weights: Weights): void => {
  const shapes = inferShapes(graph);
  const wanted = graph.layers.flatMap((layer) =>
    parameterShapes(layer, shapes).map(([name, shape]) => [parameterName(layer.name, name), elementsOf(shape)]),
  );
  expect([...weights].map(([name, { length }]) => [name, length]).sort()).toEqual(wanted.sort());
};

/** @param architecture one of the list, or a graph of one's own with the names that matter here. */
export const describePruning = (
  architecture: Pick<Architecture, 'name' | 'graph' | 'cut' | 'classifier' | 'freezePoints'>,
): void =>
  describe(`${architecture.name}, pruned`, () => {
    const graph = architecture.graph({ ...SIZE, classes: CLASSES });
    const { cut, classifier, freezePoints } = architecture;

    it('says the same without channels that say nothing, and is smaller', async () => {
      const groups = prunableChannels(graph, { fixed: [] });
      const kept = new Map(groups.map(someOf));
      const weights = silence(graph, liven(initializeWeights(graph, 1)), groups, kept);
      const random = createRandom(5);
      const input = Float32Array.from({ length: BATCH * elementsOf(graph.inputShape) }, () => random.normal());
      const narrow = narrowGraph(graph, countKept(kept));
      const fewer = narrowWeights(graph, weights, kept);
      expectFitting(narrow, fewer);
      const [whole, pruned] = [toBytes(graph, weights), toBytes(narrow, fewer)];
      expect(difference(await runOnnx(whole, input), await runOnnx(pruned, input))).toBeLessThan(1e-5);
      expect(pruned.length).toBeLessThan(0.8 * whole.length);
      expect(countParameters(narrow)).toBeLessThan(0.8 * countParameters(graph));
      expect(countMacs(narrow)).toBeLessThan(0.6 * countMacs(graph));
    });

    it('keeps its features and what its shortcuts add, and can be cut where it could be', () => {
      const groups = prunableChannels(graph);
      expect(groups.length).toBeGreaterThan(4);
      const narrow = narrowGraph(graph, new Map(groups.map(({ conv }) => [conv, 8])));
      const [before, after] = [inferShapes(graph), inferShapes(narrow)];
      const same = [cut, classifier, ...graph.layers.filter(({ kind }) => kind === 'add').map(({ name }) => name)];
      for (const name of same) expect(shapeOf(after, name)).toEqual(shapeOf(before, name));
      expect(narrow.layers.map(({ name }) => name)).toEqual(graph.layers.map(({ name }) => name));
      for (const point of freezePoints)
        expect(inferShapes(graphAfter(narrow, point)).get(classifier)).toEqual([CLASSES]);
    });

    it('has the multiply-adds that were asked for, within one step', () => {
      const random = createRandom(9);
      const groups = prunableChannels(graph);
      const scores = new Map(
        groups.map(({ conv, channels }) => [conv, Float64Array.from({ length: channels }, () => random.next())]),
      );
      const kept = planPruning({ graph, scores, macsShare: 0.6 });
      const counts = countKept(kept);
      const whole = countMacs(graph);
      expect(countMacs(narrowGraph(graph, counts))).toBeLessThanOrEqual(0.6 * whole);
      for (const { conv, channels } of groups) {
        const count = counts.get(conv);
        if (count === undefined) continue;
        expect(count % 8).toBe(0);
        expect(count).toBeGreaterThanOrEqual(channels / 4);
        // One step back would be too much.
        const more = new Map(counts).set(conv, count + 8 > channels ? channels : count + 8);
        expect(countMacs(narrowGraph(graph, more))).toBeGreaterThan(0.6 * whole);
      }
    });
  });

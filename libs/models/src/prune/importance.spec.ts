/** The three ways of telling what channels matter. */
import { describe, expect, it } from '@jest/globals';
import { createGraphBuilder } from '../architectures/graph-builder.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { graphToTensorFlow } from '../tensorflow/graph-to-tensorflow.js';
import { loadTensorFlow } from '../tensorflow/load-tensorflow.js';
import { CLASSES, images } from '../testing/small-trainings.js';
import type { ChannelScores } from './channel-scores.js';
import { energyImportance } from './energy-importance.js';
import { magnitudeImportance } from './magnitude-importance.js';
import { liven } from './pruning-properties.js';
import { taylorImportance } from './taylor-importance.js';
import { taylorScores } from './taylor-scores.js';

const SIDE = 12;
const CHANNELS = 8;

/** Two groups of channels: one with a depthwise convolution, one that a flattened map is made of. */
const build = (norm: 'batchNorm' | 'none'): Graph => {
  const builder = createGraphBuilder();
  const bias = norm === 'none';
  const normalize = (name: string, input: string): string =>
    norm === 'none' ? input : builder.batchNorm(name, input, 1e-5);
  const options = { filters: CHANNELS, kernel: 3, stride: 2, bias };
  const expanded = normalize('norm1', builder.conv('conv1', 'input', options));
  const wide = builder.activation('act1', expanded, 'relu6');
  const depthwise = normalize('norm2', builder.conv('depthwise', wide, { ...options, groups: CHANNELS }));
  const filtered = normalize('norm3', builder.conv('conv2', builder.activation('act2', depthwise, 'relu'), options));
  const flat = builder.flatten('flatten', builder.activation('act3', filtered, 'relu'));
  const hidden = builder.dense('hidden', flat, 6);
  builder.dense('classifier', hidden, CLASSES);
  return builder.build({ height: SIDE, width: SIDE });
};

const withSilent = (weights: Weights, names: readonly string[], channel: number): Weights => {
  const changed = new Map(weights);
  for (const name of names) {
    const values = weights.get(name)?.slice() ?? new Float32Array();
    const perChannel = values.length / CHANNELS;
    changed.set(name, values.fill(0, channel * perChannel, (channel + 1) * perChannel));
  }
  return changed;
};

const orderOf = (scores: Float64Array | undefined): number[] =>
  Array.from(scores ?? [], (score, channel) => ({ score, channel }))
    .sort((a, b) => a.score - b.score)
    .map(({ channel }) => channel);

const norms = (...names: readonly string[]): string[] => names.flatMap((name) => [`${name}.scale`, `${name}.shift`]);

describe.each(['batchNorm', 'none'] as const)('importance, with the norm %s', (norm) => {
  const graph = build(norm);
  const weights = liven(initializeWeights(graph, 3));
  const examples = images(24, SIDE, 4);
  const silent =
    norm === 'batchNorm'
      ? norms('norm1', 'norm2', 'norm3')
      : ['conv1', 'depthwise', 'conv2'].flatMap((name) => [`${name}.weight`, `${name}.bias`]);

  it.each([
    [
      'magnitude',
      async (network: { graph: Graph; weights: Weights }): Promise<ChannelScores> => magnitudeImportance(network),
    ],
    [
      'energy',
      async (network: { graph: Graph; weights: Weights }): Promise<ChannelScores> => energyImportance(network),
    ],
    [
      'taylor',
      (network: { graph: Graph; weights: Weights }) => taylorImportance({ ...network, examples, batchSize: 10 }),
    ],
  ])('by %s is nothing for a channel that says nothing, and something for each other one', async (_, importance) => {
    const scores = await importance({ graph, weights: withSilent(weights, silent, 5) });
    expect([...scores.keys()]).toEqual(['conv1', 'conv2']);
    for (const each of scores.values()) {
      expect(each).toHaveLength(CHANNELS);
      expect(each[5]).toBe(0);
      expect(each.filter((score) => score > 0)).toHaveLength(CHANNELS - 1);
    }
    expect(await importance({ graph, weights: withSilent(weights, silent, 5) })).toEqual(scores);
  });

  it("by Taylor's series is what the eager form's gradients say", async () => {
    const { tf } = loadTensorFlow();
    const network = graphToTensorFlow({ tf, graph, weights, trainable: true });
    const toGraph = (name: string, gradient: Float32Array): Float32Array => {
      if (name !== 'conv1.weight' && name !== 'conv2.weight') return gradient;
      // [k, k, in, out] → [out, in, k, k]
      const inputs = name === 'conv1.weight' ? 3 : CHANNELS;
      return gradient.map((__, at) => {
        const [out, rest] = [Math.floor(at / (9 * inputs)), at % (9 * inputs)];
        return gradient[((rest % 9) * inputs + Math.floor(rest / 9)) * CHANNELS + out] ?? NaN;
      });
    };
    const gradients: Map<string, Float32Array>[] = [];
    for (const rows of [12, 12].map((length, at) => Array.from({ length }, (__, row) => 12 * at + row))) {
      const values = await examples.read(rows, null);
      const labels = Int32Array.from(rows, (row) => examples.labels[row] ?? 0);
      const { value, grads } = tf.variableGrads(() => {
        const logits = network.apply(tf.tensor4d(values, [12, SIDE, SIDE, 3]), ['classifier']).get('classifier');
        return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES), logits ?? []).asScalar();
      }, [...network.variables.values()]);
      gradients.push(
        new Map(
          [...network.variables].map(([name, variable]) => [
            name,
            toGraph(name, Float32Array.from(grads[variable.name]?.dataSync() ?? [])),
          ]),
        ),
      );
      tf.dispose([value, grads]);
    }
    network.dispose();
    const expected = taylorScores({ graph, weights, gradients });
    const found = await taylorImportance({ graph, weights, examples, batchSize: 12 });
    for (const [conv, scores] of expected)
      scores.forEach((score, channel) => {
        expect((found.get(conv)?.[channel] ?? NaN) / score).toBeCloseTo(1, 3);
      });
  });
});

describe('importance', () => {
  const graph = build('batchNorm');
  const weights = liven(initializeWeights(graph, 3));

  it('by magnitude grows with a filter and its batch norm', () => {
    const larger = new Map(weights);
    larger.set(
      'conv2.weight',
      weights.get('conv2.weight')?.map((value, at) => (at < 72 ? 9 * value : value)) ?? new Float32Array(),
    );
    expect(orderOf(magnitudeImportance({ graph, weights: larger }).get('conv2')).at(-1)).toBe(0);
    larger.set(
      'norm3.scale',
      weights.get('norm3.scale')?.map((value, at) => (at === 0 ? value / 99 : value)) ?? new Float32Array(),
    );
    expect(orderOf(magnitudeImportance({ graph, weights: larger }).get('conv2'))[0]).toBe(0);
  });

  it('by energy is little for a channel that hardly ever passes its activation, or that nobody listens to', () => {
    const changed = new Map(weights);
    const change = (name: string, to: (value: number, at: number) => number): void => {
      changed.set(name, weights.get(name)?.map(to) ?? new Float32Array());
    };
    change('norm2.shift', (value, at) => (at === 3 ? -3 : value));
    change('conv2.weight', (value, at) => (Math.floor(at / 9) % CHANNELS === 6 ? value / 1000 : value));
    expect(
      orderOf(energyImportance({ graph, weights: changed }).get('conv1'))
        .slice(0, 2)
        .sort(),
    ).toEqual([3, 6]);
  });

  it('needs gradients', () => {
    expect(() => taylorScores({ graph, weights, gradients: [] })).toThrow(RangeError);
    expect(() => taylorScores({ graph, weights, gradients: [new Map()] })).toThrow('norm2.scale');
  });
});

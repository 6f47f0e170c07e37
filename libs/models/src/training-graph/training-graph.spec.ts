/** The compiled training against the eager form, whose gradients are tfjs's own. */
import { describe, expect, it } from '@jest/globals';
import { findArchitecture } from '../architectures/find-architecture.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import { GRAPH_INPUT, type Graph } from '../graph/layers.js';
import { graphToTensorFlow } from '../tensorflow/graph-to-tensorflow.js';
import { loadTensorFlow } from '../tensorflow/load-tensorflow.js';
import { createRandom } from '../random.js';
import { compileTraining } from './compile-training.js';
import { mapPrecision } from './forward.js';
import { initialState } from './initial-state.js';
import { openTrainingSession } from './training-session.js';

const CLASSES = 5;
const SIZE = { height: 64, width: 49 };
const BATCH = 3;

/** VGG's kinds of layers, without its hundred million parameters; windows of the adaptive pool overlap. */
const vggLike: Graph = {
  inputShape: [3, SIZE.height, SIZE.width],
  layers: [
    {
      ...{ kind: 'conv', name: 'conv', inputs: [GRAPH_INPUT], filters: 6 },
      ...{ kernel: 3, stride: 1, padding: 1, groups: 1, bias: true },
    },
    { kind: 'activation', name: 'relu', inputs: ['conv'], activation: 'relu' },
    { kind: 'maxPool', name: 'pool', inputs: ['relu'], kernel: 2, stride: 2, padding: 0 },
    { kind: 'adaptiveAveragePool', name: 'adaptive', inputs: ['pool'], size: 7 },
    { kind: 'flatten', name: 'flatten', inputs: ['adaptive'] },
    { kind: 'dense', name: 'dense1', inputs: ['flatten'], units: 8 },
    { kind: 'activation', name: 'relu1', inputs: ['dense1'], activation: 'relu' },
    { kind: 'dense', name: 'dense2', inputs: ['relu1'], units: CLASSES },
  ],
};

const graphOf = (name: string): Graph =>
  name === 'VGG in small' ? vggLike : findArchitecture(name).graph({ ...SIZE, classes: CLASSES });

const random = createRandom(3);
const values = Float32Array.from({ length: BATCH * SIZE.height * SIZE.width * 3 }, () => random.normal());
const labels = Float32Array.from({ length: BATCH * CLASSES }, (_, at) => (at % CLASSES === at % 3 ? 1 : 0));

type Gradients = ReadonlyMap<string, Float32Array>;

/** By one step of rate 0, whose momentum is the gradient; batch norms keep to their own statistics. */
const compiledGradients = async (
  graph: Graph,
  precision: 'float' | 'bfloat16',
): Promise<{ loss: number; gradients: Gradients }> => {
  const training = compileTraining({
    graph,
    precision,
    optimizer: { kind: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0 },
    usesBatchStatistics: () => false,
  });
  const session = await openTrainingSession(training);
  session.assign(initialState(training, { graph, weights: initializeWeights(graph, 1) }));
  const { loss } = session.step({
    input: { values, shape: [BATCH, SIZE.height, SIZE.width, 3] },
    labels: { values: labels, shape: [BATCH, CLASSES] },
    weights: new Float32Array(BATCH).fill(1),
    scalars: { learningRate: 0 },
  });
  const state = session.read();
  session.dispose();
  const gradients = training.learned.map(
    (name) => [name, state.get(`momentum/${name}`) ?? new Float32Array()] as const,
  );
  return { loss, gradients: new Map(gradients) };
};

const eagerGradients = (graph: Graph): { loss: number; gradients: Gradients } => {
  const { tf } = loadTensorFlow();
  const output = graph.layers.at(-1)?.name ?? '';
  const network = graphToTensorFlow({ tf, graph, weights: initializeWeights(graph, 1), trainable: true });
  const images = tf.tensor4d(values, [BATCH, SIZE.height, SIZE.width, 3]);
  const { value, grads } = tf.variableGrads(() => {
    const logits = network.apply(images, [output]).get(output) ?? images;
    return tf.losses.softmaxCrossEntropy(tf.tensor2d(labels, [BATCH, CLASSES]), logits).asScalar();
  }, [...network.variables.values()]);
  const gradients = [...network.variables].map(
    ([name, variable]) => [name, Float32Array.from(grads[variable.name]?.dataSync() ?? [])] as const,
  );
  return { loss: value.dataSync()[0] ?? NaN, gradients: new Map(gradients) };
};

/** ‖ours − theirs‖ / ‖theirs‖ of each parameter. */
const gapsOf = (ours: Gradients, theirs: Gradients): readonly number[] =>
  [...theirs].map(([name, expected]) => {
    const found = ours.get(name) ?? new Float32Array();
    expect(found.length).toBe(expected.length);
    const norm = Math.sqrt(expected.reduce((sum, each) => sum + each ** 2, 0));
    return Math.sqrt(expected.reduce((sum, each, at) => sum + (each - (found[at] ?? NaN)) ** 2, 0)) / norm;
  });

describe.each(['resnet18', 'efficientnet_lite0', 'mobilenet_v3_small', 'efficientnet_b0', 'VGG in small'])(
  'training %s',
  (name) => {
    it('has the gradients of the eager form', async () => {
      const graph = graphOf(name);
      const [ours, eager] = [await compiledGradients(graph, 'float'), eagerGradients(graph)];
      expect(ours.loss).toBeCloseTo(eager.loss, 4);
      const gaps = gapsOf(ours.gradients, eager.gradients);
      expect(gaps.length).toBeGreaterThan(0);
      expect(Math.max(...gaps)).toBeLessThan(1e-4);
    });
  },
);

describe('training in bfloat16', () => {
  it.each(['resnet18', 'efficientnet_lite0'])('has the gradients of float32 but for its rounding: %s', async (name) => {
    const graph = graphOf(name);
    const [short, long] = [await compiledGradients(graph, 'bfloat16'), await compiledGradients(graph, 'float')];
    expect(Math.abs(short.loss - long.loss)).toBeLessThan(0.02);
    const gaps = gapsOf(short.gradients, long.gradients).toSorted((a, b) => a - b);
    // Measured: .19 and .34, as rounding to eight bits puts many numbers of a random network on the other side of ReLU's kink.
    // A gradient that isn't this one's is 1 apart or more.
    expect(gaps[Math.floor(gaps.length / 2)]).toBeLessThan(0.5);
    expect(gaps[0]).toBeGreaterThan(1e-5);
  });

  it('keeps maps in it where all that is done to them gains from that', () => {
    expect(mapPrecision(graphOf('resnet18'), 'bfloat16')).toBe('bfloat16');
    expect(mapPrecision(graphOf('VGG in small'), 'bfloat16')).toBe('bfloat16');
    expect(mapPrecision(graphOf('efficientnet_lite0'), 'bfloat16')).toBe('float');
    expect(mapPrecision(graphOf('efficientnet_b0'), 'bfloat16')).toBe('float');
    expect(mapPrecision(graphOf('resnet18'), 'float')).toBe('float');
  });
});

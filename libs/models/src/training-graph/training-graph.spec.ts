/** The compiled training against the eager form, whose gradients are tfjs's own. */
import { describe, expect, it } from '@jest/globals';
import { findArchitecture } from '../architectures/find-architecture.js';
import { inferShapes, parameterShapes } from '../graph/infer-shapes.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import { parameterName } from '../graph/layers.js';
import { graphToTensorFlow } from '../tensorflow/graph-to-tensorflow.js';
import { loadTensorFlow } from '../tensorflow/load-tensorflow.js';
import { createRandom } from '../random.js';
import { compileTraining } from './compile-training.js';
import { initialState } from './initial-state.js';
import { openTrainingSession } from './training-session.js';

const CLASSES = 5;
const SIZE = { height: 64, width: 49 };
const BATCH = 3;

describe.each(['resnet18', 'efficientnet_lite0', 'mobilenet_v3_small', 'efficientnet_b0'])('training %s', (name) => {
  it('has the gradients of the eager form', async () => {
    const { tf } = loadTensorFlow();
    const architecture = findArchitecture(name);
    const graph = architecture.graph({ ...SIZE, classes: CLASSES });
    const weights = initializeWeights(graph, 1);
    const random = createRandom(3);
    const values = Float32Array.from({ length: BATCH * SIZE.height * SIZE.width * 3 }, () => random.normal());
    const labels = Float32Array.from({ length: BATCH * CLASSES }, (_, at) => (at % CLASSES === at % 3 ? 1 : 0));
    const training = compileTraining({
      graph,
      precision: 'float',
      optimizer: { kind: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0 },
      usesBatchStatistics: () => false,
    });
    const session = await openTrainingSession(training);
    session.assign(initialState(training, { graph, weights }));
    const input = { values, shape: [BATCH, SIZE.height, SIZE.width, 3] };
    const result = session.step({
      input,
      labels: { values: labels, shape: [BATCH, CLASSES] },
      weights: new Float32Array(BATCH).fill(1),
      scalars: { learningRate: 0.1 },
    });
    const state = session.read();
    session.dispose();

    const network = graphToTensorFlow({ tf, graph, weights, trainable: true });
    const images = tf.tensor4d(values, [BATCH, SIZE.height, SIZE.width, 3]);
    const { value, grads } = tf.variableGrads(() => {
      const logits = network.apply(images, [architecture.classifier]).get(architecture.classifier) ?? images;
      return tf.losses.softmaxCrossEntropy(tf.tensor2d(labels, [BATCH, CLASSES]), logits).asScalar();
    }, [...network.variables.values()]);
    expect(Math.abs(result.loss - (value.dataSync()[0] ?? NaN))).toBeLessThan(1e-4);
    const shapes = inferShapes(graph);
    let worst = 0;
    for (const layer of graph.layers)
      for (const [parameter] of parameterShapes(layer, shapes)) {
        const key = parameterName(layer.name, parameter);
        const variable = network.variables.get(key);
        if (variable === undefined) continue;
        const eager = Float32Array.from(grads[variable.name]?.dataSync() ?? []);
        const ours = state.get(`momentum/${key}`) ?? new Float32Array();
        expect(ours.length).toBe(eager.length);
        const norm = Math.sqrt(eager.reduce((sum, each) => sum + each ** 2, 0));
        const gap = Math.sqrt(eager.reduce((sum, each, at) => sum + (each - (ours[at] ?? NaN)) ** 2, 0));
        worst = Math.max(worst, gap / norm);
      }
    expect(worst).toBeLessThan(1e-4);
  });
});

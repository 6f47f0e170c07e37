/** What must hold of every architecture, on untrained weights and small images; a spec runs it over the catalog. */
import { describe, expect, it } from '@jest/globals';
import type { Architecture } from '../architectures/architecture.js';
import { readSafetensors, writeSafetensors } from '../checkpoint/safetensors.js';
import { countParameters } from '../graph/count.js';
import { graphAfter, graphUpTo } from '../graph/cut-graph.js';
import { inferShapes, shapeOf } from '../graph/infer-shapes.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { loadWeights } from '../naming/load-weights.js';
import { saveWeights } from '../naming/save-weights.js';
import { encodeOnnx } from '../onnx/onnx-model.js';
import { graphToOnnx } from '../onnx/graph-to-onnx.js';
import { loadOnnxModel } from '../runtime/onnxruntime.js';
import { graphToTensorFlow } from '../tensorflow/graph-to-tensorflow.js';
import { loadTensorFlow } from '../tensorflow/load-tensorflow.js';
import { createRandom } from '../random.js';

const CLASSES = 7;
/** Rectangular, odd, and as small as every family bears. */
const SIZE = { height: 64, width: 49 };
const BATCH = 2;

/** Batch statistics that aren't those of no training at all, and a classifier whose logits differ. */
const liven = (weights: Weights): Weights => {
  const random = createRandom(17);
  const lively = new Map(weights);
  for (const [name, values] of weights) {
    if (name.endsWith('.mean') || name.endsWith('.shift'))
      lively.set(
        name,
        values.map(() => 0.1 * random.normal()),
      );
    if (name.endsWith('.variance') || name.endsWith('.scale'))
      lively.set(
        name,
        values.map(() => 0.75 + random.next() / 2),
      );
  }
  return lively;
};

const largest = (values: Float32Array): number => values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
const difference = (a: Float32Array, b: Float32Array): number => {
  expect(a.length).toBe(b.length);
  return largest(a.map((value, index) => value - (b[index] ?? NaN))) / largest(a);
};

const runOnnx = async (graph: Graph, weights: Weights, input: Float32Array): Promise<Float32Array> => {
  const model = graphToOnnx({ graph, weights, graphName: 'part', outputName: 'output', metadata: {} });
  const runtime = await loadOnnxModel(encodeOnnx(model));
  try {
    return (await runtime.run(input, BATCH))['output'] ?? new Float32Array();
  } finally {
    await runtime.dispose();
  }
};

const setUp = (architecture: Architecture) => {
  const graph = architecture.graph({ ...SIZE, classes: CLASSES });
  const random = createRandom(5);
  const input = Float32Array.from({ length: BATCH * 3 * SIZE.height * SIZE.width }, () => random.normal());
  return { graph, weights: liven(initializeWeights(graph, 1)), input };
};

/** tfjs's layout of the same images. */
const toNhwc = (input: Float32Array) => {
  const { tf } = loadTensorFlow();
  return tf.tidy(() => tf.tensor4d(input, [BATCH, 3, SIZE.height, SIZE.width]).transpose([0, 2, 3, 1]));
};

const describeForms = (architecture: Architecture): void => {
  it('says the same in ONNX as in tfjs, and leaks no tensor', async () => {
    const { tf } = loadTensorFlow();
    const { graph, weights, input } = setUp(architecture);
    const before = tf.memory().numTensors;
    const network = graphToTensorFlow({ tf, graph, weights });
    const images = toNhwc(input);
    const logits = network.apply(images, [architecture.classifier]).get(architecture.classifier);
    const trained = Float32Array.from((await logits?.data()) ?? []);
    tf.dispose([images, logits ?? []]);
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(difference(await runOnnx(graph, weights, input), trained)).toBeLessThan(1e-4);
  });

  it('is the same network when it is cut in two at any of its freeze points', async () => {
    const { graph, weights, input } = setUp(architecture);
    expect(architecture.freezePoints.at(-1)).toBe(architecture.cut);
    expect(architecture.freezePoints.length).toBeGreaterThan(2);
    const whole = await runOnnx(graph, weights, input);
    for (const cut of architecture.freezePoints) {
      const [head, tail] = [graphUpTo(graph, cut), graphAfter(graph, cut)];
      expect(head.layers.length + tail.layers.length).toBe(graph.layers.length);
      const cutWhole = await runOnnx(tail, weights, await runOnnx(head, weights, input));
      expect(difference(whole, cutWhole)).toBeLessThan(1e-5);
    }
  });
};

const describeLearning = (architecture: Architecture): void => {
  it('learns: every parameter has a gradient, and a step along them lowers the loss', () => {
    const { tf } = loadTensorFlow();
    const { graph, weights, input } = setUp(architecture);
    const before = tf.memory().numTensors;
    const network = graphToTensorFlow({ tf, graph, weights, trainable: true });
    const images = toNhwc(input);
    const loss = () =>
      tf.tidy(() => {
        const logits = network.apply(images, [architecture.classifier]).get(architecture.classifier) ?? images;
        const labels = tf.oneHot(tf.tensor1d([1, 4], 'int32'), CLASSES);
        return tf.losses.softmaxCrossEntropy(labels, logits).asScalar();
      });
    const { value, grads } = tf.variableGrads(loss, [...network.variables.values()]);
    const squared = Object.values(grads).map((gradient) => tf.tidy(() => gradient.square().sum().dataSync()[0] ?? NaN));
    expect(squared).toHaveLength(network.variables.size);
    expect(squared.every(Number.isFinite)).toBe(true);
    // A gradient of exactly zero would mean a parameter that the output doesn't depend on.
    expect(squared.filter((sum) => sum === 0)).toHaveLength(0);
    const norm = squared.reduce((sum, each) => sum + each, 0);
    const first = value.dataSync()[0] ?? NaN;
    tf.tidy(() => {
      // So short a step that the loss falls by about a hundredth, if the gradient is right.
      const rate = (0.01 * first) / norm;
      for (const variable of network.variables.values()) {
        const gradient = grads[variable.name];
        if (gradient !== undefined) variable.assign(variable.sub(gradient.mul(rate)));
      }
    });
    const after = tf.tidy(() => loss().dataSync()[0] ?? NaN);
    expect(first - after).toBeGreaterThan(0.003 * first);
    expect(first - after).toBeLessThan(0.03 * first);
    tf.dispose([images, value, grads]);
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
};

const describeFiles = (architecture: Architecture): void => {
  it.each(architecture.namings)("is the same after it was saved by $name's names and loaded again", (naming) => {
    const { graph, weights } = setUp(architecture);
    const saved = writeSafetensors(saveWeights({ graph, weights, naming }));
    const loaded = loadWeights({
      network: architecture.name,
      graph,
      checkpoint: readSafetensors(saved).tensors,
      namings: architecture.namings,
    });
    expect([...loaded.keys()].sort()).toEqual([...weights.keys()].sort());
    for (const [name, values] of weights) {
      const again = loaded.get(name) ?? new Float32Array();
      // A naming with an epsilon of its own moves variances there and back; everything else is the same bytes.
      if (naming.epsilon !== undefined && name.endsWith('.variance'))
        expect(difference(values, again)).toBeLessThan(1e-6);
      else expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(again.buffer))).toBe(0);
    }
  });

  it('takes its own published size, and any number of classes', () => {
    const { inputSize, classifier, cut } = architecture;
    const shapes = inferShapes(architecture.graph({ height: inputSize, width: inputSize, classes: 3 }));
    expect(shapeOf(shapes, classifier)).toEqual([3]);
    expect(shapeOf(shapes, cut)).toHaveLength(1);
  });
};

export const describeNetwork = (architecture: Architecture): void =>
  describe(architecture.name, () => {
    describeForms(architecture);
    describeLearning(architecture);
    describeFiles(architecture);
  });

/** Above this many parameters a network is left to `--soak`. */
const SMALL_PARAMETERS = 12_000_000;

/** Whether every run tests it. */
export const isSmall = ({ inputSize, graph }: Architecture): boolean =>
  countParameters(graph({ height: inputSize, width: inputSize, classes: 1000 })) <= SMALL_PARAMETERS;

/** Networks that are cut in two, and put together again with what was trained. */
import { describe, expect, it } from '@jest/globals';
import { digestOfBytes } from '@graft/contracts';
import { findArchitecture } from '../architectures/find-architecture.js';
import { describeNetwork } from '../catalog/catalog.js';
import { readCheckpoint } from '../checkpoint/read-checkpoint.js';
import { graphAfter } from '../graph/cut-graph.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { loadNetwork } from '../network/load-network.js';
import { untrainedCheckpoint } from '../network/untrained-checkpoint.js';
import { readTrainedWeights, writeTrainedWeights } from '../network/trained-weights.js';
import { readSafetensors } from '../checkpoint/safetensors.js';
import { saveWeights } from '../naming/save-weights.js';
import { createRandom } from '../random.js';
import { loadOnnxModel } from '../runtime/onnxruntime.js';
import { thrownBy } from '../testing/thrown-by.js';
import { buildClassifier, buildTrainedClassifier } from './build-classifier.js';
import { buildEmbedder } from './build-embedder.js';
import { joinHead } from './join-head.js';
import { joinTail } from './join-tail.js';
import { decodeOnnx, encodeOnnx, readOnnxMetadata } from './onnx-model.js';

const SIZE = { height: 64, width: 64 };
const LABELS = ['ant', 'bee', 'große Wespe'];

/** Kinds of tails: ReLU6's bounds in both parts, squeeze and excitation, a dense layer before the classifier. */
const NETWORKS = ['efficientnet_lite0', 'efficientnet_b0', 'mobilenet_v3_small'];

const random = createRandom(6);
/** Statistics and shifts that aren't those of no training, so that a batch norm left out would show. */
const liven = (weights: Weights): Weights =>
  new Map(
    [...weights].map(([name, values]) => {
      if (/\.(mean|shift|bias)$/.test(name)) return [name, values.map(() => 0.1 * random.normal())];
      if (/\.(variance|scale)$/.test(name)) return [name, values.map(() => 0.75 + random.next() / 2)];
      return [name, values];
    }),
  );

const setUp = (name: string) => {
  const backbone = describeNetwork(name);
  const architecture = findArchitecture(backbone.architecture);
  const graph = architecture.graph({ ...SIZE, classes: LABELS.length });
  const weights = liven(initializeWeights(graph, 3));
  const [naming] = architecture.namings;
  if (naming === undefined) throw new Error('no naming');
  return { backbone, architecture, graph, weights, checkpoint: saveWeights({ graph, weights, naming }), size: SIZE };
};

const INPUT = Float32Array.from({ length: 2 * 3 * 64 * 64 }, () => random.normal());

const run = async (onnx: Uint8Array): Promise<Record<string, Float32Array>> => {
  const runtime = await loadOnnxModel(onnx, { threads: 1 });
  try {
    return await runtime.run(INPUT, 2);
  } finally {
    await runtime.dispose();
  }
};

const difference = (a: Float32Array, b: Float32Array): number => {
  expect(a.length).toBe(b.length);
  const largest = a.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return a.reduce((max, value, at) => Math.max(max, Math.abs(value - (b[at] ?? NaN))), 0) / largest;
};

describe.each(NETWORKS)('%s cut in two', (name) => {
  const source = setUp(name);
  const { architecture, graph, weights, backbone } = source;
  const metadata = { model: 'insects' };
  const { freezePoints } = architecture;
  const cuts = [0, freezePoints.length >> 1, -2, -1].map((at) => freezePoints.at(at) ?? '');

  it('says what it said whole, early or late as it was cut, and is read back as the same weights', async () => {
    const whole = await run(buildClassifier(source));
    for (const cut of cuts) {
      const embedder = buildEmbedder({ ...source, cut });
      const tail = graphAfter(graph, cut);
      const file = writeTrainedWeights({ graph: tail, weights, metadata: {} });
      const trained = readTrainedWeights({ network: name, graph: tail, tensors: readSafetensors(file).tensors });
      const options = { labels: LABELS, metadata };
      const onnx = joinTail({ embedderOnnx: embedder.onnx, tail: { graph: tail, weights: trained }, ...options });
      const joined = await run(onnx);
      expect(difference(whole['logits'] ?? new Float32Array(), joined['logits'] ?? new Float32Array())).toBeLessThan(
        1e-5,
      );
      expect(Object.keys(joined).sort()).toEqual(['logits', 'probabilities']);
      const names = decodeOnnx(onnx).nodes.flatMap(({ outputs }) => outputs);
      expect(new Set(names).size).toBe(names.length);
      expect(readOnnxMetadata(onnx)).toEqual({
        'graft.backbone': backbone.name,
        'graft.cut': cut,
        'graft.labels': JSON.stringify(LABELS),
        model: 'insects',
      });
      const again = loadNetwork({ architecture, checkpoint: readCheckpoint(onnx), size: SIZE });
      expect(again.weights.get(`${architecture.classifier}.weight`)).toEqual(
        weights.get(`${architecture.classifier}.weight`),
      );
    }
  });

  it('gives maps as maps and vectors as vectors', async () => {
    for (const cut of cuts) {
      const { onnx, shape, featureLength } = buildEmbedder({ ...source, cut });
      const runtime = await loadOnnxModel(onnx, { threads: 1 });
      const { features = new Float32Array() } = await runtime.run(INPUT, 2);
      expect(runtime.signature.outputs[0]?.shape).toEqual([-1, ...(shape ?? [featureLength])]);
      expect(shape?.length ?? 3).toBe(3);
      expect(features).toHaveLength(2 * featureLength);
      await runtime.dispose();
    }
  });

  it('is the same model when all of it was trained', () => {
    const options = { backbone, graph, weights, labels: LABELS, metadata };
    const trained = buildTrainedClassifier(options);
    expect(Buffer.compare(trained, buildTrainedClassifier(options))).toBe(0);
    // But for the labels and the metadata, the backbone's own classifier with those weights.
    const own = decodeOnnx(buildClassifier(source, metadata));
    const expected = { ...own, metadata: { ...own.metadata, 'graft.labels': JSON.stringify(LABELS) } };
    expect(Buffer.compare(trained, encodeOnnx(expected))).toBe(0);
  });
});

describe('a tail', () => {
  const source = setUp('efficientnet_lite0');
  const { graph, weights, architecture } = source;
  const [, early = '', late = ''] = architecture.freezePoints;
  const join = (options: { cut: string; after: string; weights?: Weights; labels?: string[] }) => () =>
    joinTail({
      embedderOnnx: buildEmbedder({ ...source, cut: options.cut }).onnx,
      tail: { graph: graphAfter(graph, options.after), weights: options.weights ?? weights },
      labels: options.labels ?? LABELS,
      metadata: {},
    });

  it.each([
    { what: 'another cut', options: { cut: late, after: early }, message: 'the embedder gives' },
    {
      what: 'a parameter missing',
      options: { cut: late, after: late, weights: new Map<string, Float32Array>() },
      message: 'got no numbers',
    },
    {
      what: 'a value that is no number',
      options: {
        cut: late,
        after: late,
        weights: new Map([...weights].map(([name, values]) => [name, values.map(() => NaN)])),
      },
      message: 'not finite',
    },
    { what: 'other labels', options: { cut: late, after: late, labels: ['ant', 'bee'] }, message: 'of 2 labels' },
  ])('is refused with $what', async ({ options, message }) => {
    const error = await thrownBy(join(options));
    expect(error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(message) });
  });

  it('is refused where it has a layer of a name that the embedder has too', async () => {
    const { onnx, shape = [] } = buildEmbedder({ ...source, cut: late });
    const taken = decodeOnnx(onnx).nodes[0]?.outputs[0] ?? '';
    const repeating: Graph = {
      inputShape: shape,
      layers: [
        { kind: 'activation', activation: 'relu', name: taken, inputs: ['input'] },
        { kind: 'globalAveragePool', name: 'mean', inputs: [taken], keepAxes: false },
        { kind: 'dense', name: 'answer', inputs: ['mean'], units: 3 },
      ],
    };
    const tail = { graph: repeating, weights: initializeWeights(repeating, 1) };
    const error = await thrownBy(() => joinTail({ embedderOnnx: onnx, tail, labels: LABELS, metadata: {} }));
    expect(error.message).toContain(`both have "${taken}"`);
  });

  it('is cut at a freeze point and nowhere else', async () => {
    const error = await thrownBy(() => buildEmbedder({ ...source, cut: 'stem' }));
    expect(error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(early) });
  });
});

describe('the bytes of a linear classifier on an embedder', () => {
  it('are those that served models were registered with', () => {
    const backbone = describeNetwork('mobilenet_v3_small');
    const checkpoint = untrainedCheckpoint(findArchitecture(backbone.architecture), { classes: 10, seed: 1 });
    const { onnx, featureLength } = buildEmbedder({ backbone, checkpoint, size: SIZE });
    // Sums of powers of two: the same numbers in every realm and on every machine.
    const weights = Float32Array.from({ length: 3 * featureLength }, (_, at) => (at % 37) / 64);
    const head = { weights, bias: Float32Array.of(1, 2, 3) };
    const joined = joinHead({ embedderOnnx: onnx, head, labels: LABELS, metadata: { model: 'insects' } });
    expect(digestOfBytes(joined)).toBe('b20105e7fa0b9eb82bde7bae9f901b22ce6ca85966bb1f2cef5b2ae9c45c0baa');
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { loadOnnxModel } from '../runtime/onnxruntime.js';
import { thrownBy } from '../testing/thrown-by.js';
import { createRandom } from '../random.js';
import { graphToOnnx } from './graph-to-onnx.js';
import { joinHead } from './join-head.js';
import { decodeOnnx, encodeOnnx, readOnnxMetadata, type OnnxModel } from './onnx-model.js';

/** One convolution, its batch norm, ReLU6 and the pool: enough to be an embedder. */
const GRAPH: Graph = {
  inputShape: [3, 5, 5],
  layers: [
    {
      kind: 'conv',
      name: 'c',
      inputs: ['input'],
      filters: 4,
      kernel: 3,
      stride: 2,
      padding: 'same',
      groups: 1,
      bias: false,
    },
    { kind: 'batchNorm', name: 'b', inputs: ['c'], epsilon: 1e-3 },
    { kind: 'activation', activation: 'relu6', name: 'r', inputs: ['b'] },
    { kind: 'globalAveragePool', name: 'p', inputs: ['r'], keepAxes: false },
  ],
};

const random = createRandom(3);
const numbers = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
const WEIGHTS: Weights = new Map([
  ['c.weight', numbers(4 * 3 * 9)],
  ['b.scale', numbers(4)],
  ['b.shift', numbers(4)],
  ['b.mean', numbers(4)],
  ['b.variance', numbers(4).map((value) => value ** 2 + 0.1)],
]);
const MODEL: OnnxModel = graphToOnnx({
  graph: GRAPH,
  weights: WEIGHTS,
  graphName: 'toy',
  outputName: 'features',
  metadata: { origin: 'here' },
});
const EMBEDDER = encodeOnnx(MODEL);
const LABELS = ['ant', 'bee', 'wespe, große'];
const HEAD = { weights: numbers(3 * 4), bias: numbers(3) };
const join = (): Uint8Array =>
  joinHead({ embedderOnnx: EMBEDDER, head: HEAD, labels: LABELS, metadata: { run: 'r1' } });

describe('a head joined to an embedder', () => {
  it('gives softmax(W · features + b)', async () => {
    const embedder = await loadOnnxModel(EMBEDDER, { threads: 1 });
    const joined = await loadOnnxModel(join(), { threads: 1 });
    const input = numbers(2 * 75);
    const { features = new Float32Array() } = await embedder.run(input, 2);
    const { logits = new Float32Array(), probabilities = new Float32Array() } = await joined.run(input, 2);
    for (let row = 0; row < 2; row += 1) {
      const expected = LABELS.map((_, k) =>
        Array.from({ length: 4 }, (__, j) => (HEAD.weights[k * 4 + j] ?? 0) * (features[row * 4 + j] ?? 0)).reduce(
          (sum, value) => sum + value,
          HEAD.bias[k] ?? 0,
        ),
      );
      const total = expected.reduce((sum, logit) => sum + Math.exp(logit), 0);
      expected.forEach((logit, k) => {
        expect(logits[row * 3 + k]).toBeCloseTo(logit, 5);
        expect(probabilities[row * 3 + k]).toBeCloseTo(Math.exp(logit) / total, 6);
      });
    }
    expect(joined.signature.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['logits', [-1, 3]],
      ['probabilities', [-1, 3]],
    ]);
    await embedder.dispose();
    await joined.dispose();
  });

  it('carries the labels and the metadata of both', () => {
    const metadata = readOnnxMetadata(join());
    expect(metadata).toEqual({ origin: 'here', run: 'r1', 'graft.labels': JSON.stringify(LABELS) });
  });

  it('is the same bytes every time', () => {
    expect(join()).toEqual(join());
  });

  it.each([
    { what: 'weights', head: { weights: numbers(5), bias: HEAD.bias } },
    { what: 'biases', head: { weights: HEAD.weights, bias: numbers(2) } },
    { what: 'finite numbers', head: { weights: HEAD.weights, bias: Float32Array.of(0, NaN, 0) } },
  ])('is refused when its $what are not what the labels and features ask for', async ({ head }) => {
    const error = await thrownBy(() => joinHead({ embedderOnnx: EMBEDDER, head, labels: LABELS, metadata: {} }));
    expect(error.code).toBe('invalid_request');
  });

  it('is not joined a second time', async () => {
    const error = await thrownBy(() => joinHead({ embedderOnnx: join(), head: HEAD, labels: LABELS, metadata: {} }));
    expect(error.message).toContain('one output');
  });
});

describe('the ONNX bytes', () => {
  it('round-trip', () => {
    expect(decodeOnnx(EMBEDDER)).toEqual(MODEL);
  });

  it('are refused when they hold more than is understood, or are no model', async () => {
    // Field 3 of ModelProto (producer_version), which this schema leaves out.
    const foreign = Uint8Array.from([...EMBEDDER, 0x1a, 1, 0x39]);
    expect((await thrownBy(() => decodeOnnx(foreign))).message).toContain('not written by Graft');
    expect((await thrownBy(() => decodeOnnx(Uint8Array.of(1, 2, 3)))).code).toBe('checkpoint_unfit');
    expect((await thrownBy(() => decodeOnnx(EMBEDDER.subarray(0, 100)))).code).toBe('checkpoint_unfit');
    await expect(loadOnnxModel(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

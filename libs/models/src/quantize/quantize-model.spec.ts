/** Networks of several kinds in eight bits, against themselves in float32. */
import { describe, expect, it } from '@jest/globals';
import { findArchitecture } from '../architectures/find-architecture.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { graphToOnnx } from '../onnx/graph-to-onnx.js';
import { decodeOnnx, encodeOnnx, type OnnxModel } from '../onnx/onnx-model.js';
import { createRandom } from '../random.js';
import { TINY } from '../testing/small-trainings.js';
import type { InputBatch } from './calibrate.js';
import { quantizeModel, type QuantizedModel } from './quantize-model.js';
import { quantizedNodes, quantizeOnnx } from './quantize-onnx.js';

const SIZE = { height: 64, width: 49 };
const ROWS = 4;

/** Batch norms that do something, so that folding them matters. */
const liven = (weights: Weights): Weights => {
  const random = createRandom(6);
  return new Map(
    [...weights].map(([name, values]) => {
      if (/\.(mean|shift|bias)$/.test(name)) return [name, values.map(() => 0.1 * random.normal())];
      if (/\.(variance|scale)$/.test(name)) return [name, values.map(() => 0.75 + random.next() / 2)];
      return [name, values];
    }),
  );
};

const graphNamed = (name: string): Graph => findArchitecture(name).graph({ ...SIZE, classes: 5 });

const modelOf = (graph: Graph): OnnxModel =>
  graphToOnnx({
    graph,
    weights: liven(initializeWeights(graph, 3)),
    graphName: 'test',
    outputName: 'logits',
    metadata: {},
  });

const batches = (seed: number, count: number): readonly InputBatch[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => ({
    values: Float32Array.from({ length: ROWS * 3 * SIZE.height * SIZE.width }, () => random.normal()),
    rows: ROWS,
  }));
};

/** Weights of 7 bits: sums of 8 can saturate on a CPU without VNNI, and then the error is that of the CPU (libs/models/src/quantize). */
const quantize = async (model: OnnxModel, errorLimit = Infinity, mostInFloat = 1): Promise<QuantizedModel> =>
  quantizeModel({
    ...{ model, calibration: batches(1, 3), measuring: batches(2, 1), weightBits: 7 },
    ...{ errorLimit, mostInFloat, runtime: { threads: 1 } },
  });

describe('a network in eight bits', () => {
  // Random weights are the hard case: nothing in them is redundant.
  it.each([
    ['efficientnet_lite0', 0.2],
    ['mobilenet_v2', 0.2],
    ['mobilenet_v3_small', 0.3],
  ])('answers as in float32, but for its rounding: %s', async (name, limit) => {
    const model = modelOf(graphNamed(name));
    const { error, errors, inFloat, model: quantized } = await quantize(model);
    expect(inFloat).toEqual([]);
    expect(Math.min(...Object.values(errors))).toBe(error);
    expect(error).toBeLessThan(limit);
    expect(error).toBeGreaterThan(1e-4);
    expect(quantized.inputs).toEqual(model.inputs);
    expect(quantized.outputs).toEqual(model.outputs);
  });

  it('is a quarter of the bytes, and the same when read back', async () => {
    const model = modelOf(graphNamed('resnet18'));
    const { model: quantized, error } = await quantize(model);
    const bytes = encodeOnnx(quantized);
    expect(error).toBeLessThan(0.1);
    expect(bytes.length / encodeOnnx(model).length).toBeLessThan(0.27);
    expect(Buffer.compare(encodeOnnx(decodeOnnx(bytes)), bytes)).toBe(0);
  });

  it('leaves the layer in float32 that matters most, while the error is above its limit', async () => {
    const model = modelOf({ ...TINY, inputShape: [3, SIZE.height, SIZE.width] });
    const all = await quantize(model);
    const spared = await quantize(model, 0, 1);
    expect(spared.inFloat).toHaveLength(1);
    expect(quantizedNodes(model)).toContain(spared.inFloat[0]);
    expect(spared.error).toBeLessThan(all.error);
    expect(spared.method).toBe(all.method);
  });

  it('says which range it lacks', () => {
    expect(() => quantizeOnnx({ model: modelOf(TINY), ranges: new Map(), weightBits: 8 })).toThrow(
      /range of "input" is not known/,
    );
  });
});

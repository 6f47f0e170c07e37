import { describe, expect, it } from '@jest/globals';
import { findArchitecture } from '../architectures/find-architecture.js';
import { findBackbone } from '../catalog/catalog.js';
import type { Graph } from '../graph/layers.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import type { Weights } from '../graph/weights.js';
import { saveWeights } from '../naming/save-weights.js';
import { buildClassifier } from '../onnx/build-classifier.js';
import { buildEmbedder } from '../onnx/build-embedder.js';
import { graphToOnnx } from '../onnx/graph-to-onnx.js';
import { encodeOnnx } from '../onnx/onnx-model.js';
import { loadOnnxModel } from '../runtime/onnxruntime.js';
import {
  bytesField,
  nodeProto,
  numberField,
  onnxFile,
  packedField,
  tensorProto,
  textField,
} from '../testing/onnx-writer.js';
import { thrownBy } from '../testing/thrown-by.js';
import { createRandom } from '../random.js';
import { toFloat32 } from './checkpoint-tensor.js';
import { readCheckpoint } from './read-checkpoint.js';

const MATRIX = Float32Array.of(1, 2, 3, 4, 5, 6);
const conv = (name: string | undefined, weight: string, bias = ''): readonly number[] =>
  nodeProto({
    operator: 'Conv',
    inputs: bias === '' ? ['x', weight] : ['x', weight, bias],
    output: `${name ?? weight}_output_0`,
    ...(name === undefined ? {} : { name }),
  });
const kernel = (name: string): readonly number[] => tensorProto({ name, shape: [2, 3, 1, 1], values: MATRIX });
const vector = (name: string): readonly number[] => tensorProto({ name, shape: [2], values: Float32Array.of(7, 8) });
const shapesIn = (bytes: Uint8Array): Record<string, readonly number[]> =>
  Object.fromEntries([...readCheckpoint(bytes)].map(([name, { shape }]) => [name, shape]));

describe('weights in an ONNX model', () => {
  it.each([
    ['/conv1/Conv', 'conv1'],
    ['/layer1/layer1.0/conv1/Conv', 'layer1.0.conv1'],
    ['/layer2/layer2.0/downsample/downsample.0/Conv', 'layer2.0.downsample.0'],
    ['/features/features.0/features.0.0/Conv', 'features.0.0'],
    ['/features/features.10/conv/conv.0/conv.0.0/Conv', 'features.10.conv.0.0'],
    ['/model/blocks/blocks.1/blocks.1.0/conv_pw/Conv_1', 'model.blocks.1.0.conv_pw'],
  ])('that the exporter gave numbers take the module of the node %s', (path, module) => {
    const bytes = onnxFile({
      nodes: [conv(path, 'onnx::Conv_193', 'onnx::Conv_194')],
      tensors: [kernel('onnx::Conv_193'), vector('onnx::Conv_194')],
    });
    expect(shapesIn(bytes)).toEqual({ [`${module}.weight`]: [2, 3, 1, 1], [`${module}.bias`]: [2] });
  });

  it('keep their own names, and what layers do not use is left', () => {
    const bytes = onnxFile({
      nodes: [
        nodeProto({ operator: 'Conv', inputs: ['x', 'c.weight'], output: 'y', name: '/a/b/Conv' }),
        nodeProto({ operator: 'Mul', inputs: ['q', 'constant'], output: 'r' }),
        nodeProto({
          operator: 'BatchNormalization',
          inputs: ['y', 'n.weight', '2', '3', '4'],
          output: 'o',
          name: '/n/B',
        }),
      ],
      tensors: [kernel('c.weight'), kernel('constant'), ...['n.weight', '2', '3', '4', 'unused'].map(vector)],
    });
    expect(shapesIn(bytes)).toEqual({
      'c.weight': [2, 3, 1, 1],
      'n.weight': [2],
      'n.bias': [2],
      'n.running_mean': [2],
      'n.running_var': [2],
    });
  });

  it('take the module of the weight beside them, as the newer exporter names what it folds', () => {
    const bytes = onnxFile({
      nodes: [conv('node_Conv_1', 'a.0.weight', 'a.0.weight_bias'), conv('node_Conv_2', 'b.weight', 'a.0.weight_bias')],
      tensors: [kernel('a.0.weight'), kernel('b.weight'), vector('a.0.weight_bias')],
    });
    expect(Object.keys(shapesIn(bytes)).sort()).toEqual(['a.0.bias', 'a.0.weight', 'b.bias', 'b.weight']);
  });

  it('are found behind Identity nodes, where equal tensors were made one', () => {
    const bytes = onnxFile({
      nodes: [
        nodeProto({ operator: 'Identity', inputs: ['a.bias'], output: 'b.bias' }),
        conv('/a/Conv', 'a.weight', 'a.bias'),
        conv('/b/Conv', 'b.weight', 'b.bias'),
        conv('/c/Conv', 'onnx::1', 'a.bias'),
      ],
      tensors: [kernel('a.weight'), kernel('b.weight'), kernel('onnx::1'), vector('a.bias')],
    });
    const checkpoint = readCheckpoint(bytes);
    expect([...checkpoint.keys()].sort()).toEqual(['a.bias', 'a.weight', 'b.bias', 'b.weight', 'c.bias', 'c.weight']);
    expect(checkpoint.get('b.bias')).toBe(checkpoint.get('a.bias'));
  });

  it.each<{ what: string; operator: string; numbers: Readonly<Record<string, number>>; add: boolean }>([
    { what: 'a Gemm of [in, out]', operator: 'Gemm', numbers: {}, add: false },
    { what: 'a Gemm that says transB = 0', operator: 'Gemm', numbers: { transB: 0, alpha: 1, beta: 1 }, add: false },
    { what: 'a product and a sum', operator: 'MatMul', numbers: {}, add: true },
  ])('of dense layers become [out, in]: $what', ({ operator, numbers, add }) => {
    const bytes = onnxFile({
      nodes: [
        nodeProto({
          operator,
          inputs: add ? ['x', 'onnx::M_1'] : ['x', 'onnx::M_1', 'fc.bias'],
          output: 'y',
          name: `/fc/${operator}`,
          numbers,
        }),
        ...(add ? [nodeProto({ operator: 'Add', inputs: ['fc.bias', 'y'], output: 'z', name: '/fc/Add' })] : []),
      ],
      tensors: [tensorProto({ name: 'onnx::M_1', shape: [3, 2], values: MATRIX }), vector('fc.bias')],
    });
    const checkpoint = readCheckpoint(bytes);
    expect(checkpoint.get('fc.weight')).toEqual({
      shape: [2, 3],
      dtype: 'F32',
      data: Float32Array.of(1, 3, 5, 2, 4, 6),
    });
    expect(checkpoint.get('fc.bias')?.shape).toEqual([2]);
  });

  it('have the bias of zeros back that optimizers leave out, unless a batch norm follows', () => {
    const bytes = onnxFile({
      nodes: [
        nodeProto({ operator: 'Conv', inputs: ['x', 'c.weight'], output: 'y' }),
        nodeProto({ operator: 'Gemm', inputs: ['y', 'fc.weight'], output: 'z' }),
      ],
      tensors: [kernel('c.weight'), tensorProto({ name: 'fc.weight', shape: [3, 2], values: MATRIX })],
    });
    const checkpoint = readCheckpoint(bytes);
    expect(checkpoint.get('c.bias')).toEqual({ shape: [2], dtype: 'F32', data: new Float32Array(2) });
    expect(checkpoint.get('fc.bias')?.shape).toEqual([2]);
  });

  it('take no time where one axis is of any length and the other is 0', () => {
    const bytes = onnxFile({
      nodes: [nodeProto({ operator: 'Gemm', inputs: ['x', 'fc.weight'], output: 'y' })],
      tensors: [tensorProto({ name: 'fc.weight', shape: [0, 2 ** 40] })],
    });
    expect(shapesIn(bytes)).toEqual({ 'fc.weight': [2 ** 40, 0] });
  });

  it('may be constants of the graph', () => {
    const value = [...textField(1, 'value'), ...bytesField(5, kernel(''))];
    const bytes = onnxFile({
      nodes: [nodeProto({ operator: 'Constant', inputs: [], output: 'k', attributes: [value] }), conv('/c/Conv', 'k')],
    });
    expect(shapesIn(bytes)).toEqual({ 'c.weight': [2, 3, 1, 1], 'c.bias': [2] });
  });

  it.each([
    { what: 'float_data', type: 1, data: bytesField(4, new Uint8Array(Float32Array.of(1, -2, 0.5).buffer)) },
    { what: 'double_data', type: 11, data: bytesField(10, new Uint8Array(Float64Array.of(1, -2, 0.5).buffer)) },
    { what: 'doubles in raw_data', type: 11, data: bytesField(9, new Uint8Array(Float64Array.of(1, -2, 0.5).buffer)) },
    { what: 'halves in int32_data', type: 10, data: packedField(5, [0x3c00, 0xc000, 0x3800]) },
    { what: 'halves in raw_data', type: 10, data: bytesField(9, [0x00, 0x3c, 0x00, 0xc0, 0x00, 0x38]) },
    { what: 'bfloat16 in raw_data', type: 16, data: bytesField(9, [0x80, 0x3f, 0x00, 0xc0, 0x00, 0x3f]) },
  ])('are read from $what', ({ type, data }) => {
    const tensors = [tensorProto({ name: 'w', shape: [3], type, data })];
    const tensor = readCheckpoint(onnxFile({ nodes: [conv('/c/Conv', 'w')], tensors })).get('c.weight');
    expect(tensor && [...toFloat32('w', tensor)]).toEqual([1, -2, 0.5]);
  });

  it('are refused in another file, with what to do', async () => {
    const external = tensorProto({
      name: 'w',
      shape: [3],
      data: [
        ...bytesField(13, [...textField(1, 'location'), ...textField(2, '../../etc/passwd')]),
        ...numberField(14, 1),
      ],
    });
    const error = await thrownBy(() =>
      readCheckpoint(onnxFile({ nodes: [conv('/c/Conv', 'w')], tensors: [external] })),
    );
    expect(error.code).toBe('checkpoint_unfit');
    expect(error.message).toContain('save the model as one file');
  });

  it.each([
    { what: 'uint8', type: 2, nodes: [conv('/c/Conv', 'w')] },
    { what: 'complex64', type: 14, nodes: [conv('/c/Conv', 'w')] },
    { what: 'quantized', type: 3, nodes: [nodeProto({ operator: 'QLinearConv', inputs: ['x', 'w'], output: 'y' })] },
    {
      what: 'quantized',
      type: 3,
      nodes: [nodeProto({ operator: 'DequantizeLinear', inputs: ['w', 's'], output: 'd' }), conv('/c/Conv', 'd')],
    },
    {
      what: 'scales',
      type: 1,
      nodes: [nodeProto({ operator: 'Gemm', inputs: ['x', 'w'], output: 'y', numbers: { alpha: 0.5 } })],
    },
  ])('are refused when they are not plain floating point ($what)', async ({ what, type, nodes }) => {
    const tensors = [tensorProto({ name: 'w', shape: [1], type, values: new Uint8Array(4) })];
    const error = await thrownBy(() => readCheckpoint(onnxFile({ nodes, tensors })));
    expect(error.message).toContain(what);
  });
});

const SIZE = { height: 64, width: 64 };

/** An ONNX model's answer to noise. */
const answer = async (onnx: Uint8Array, output: string): Promise<Float32Array> => {
  const runtime = await loadOnnxModel(onnx, { threads: 1 });
  const random = createRandom(9);
  const input = Float32Array.from({ length: 3 * SIZE.height * SIZE.width }, () => random.normal());
  const { [output]: values = new Float32Array() } = await runtime.run(input, 1);
  await runtime.dispose();
  return values;
};

const expectEqual = (actual: Float32Array, expected: Float32Array): void => {
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0);
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, index) => expect(Math.abs(value - (expected[index] ?? NaN))).toBeLessThan(1e-5 * largest));
};

describe("Graft's own models", () => {
  it.each(['efficientnet_lite0', 'mobilenet_v3_small'])('of %s come back as the network they were', async (name) => {
    const backbone = findBackbone(name);
    const architecture = findArchitecture(backbone.architecture);
    const [naming] = architecture.namings;
    if (naming === undefined) throw new Error('an architecture has a naming');
    const graph = architecture.graph({ ...SIZE, classes: 5 });
    const random = createRandom(4);
    const weights: Weights = new Map(
      [...initializeWeights(graph, 2)].map(([key, values]) => [
        key,
        /\.(scale|variance|shift|mean)$/.test(key) ? values.map((value) => value + random.next() / 2) : values,
      ]),
    );
    const checkpoint = saveWeights({ graph, weights, naming });
    const classifier = buildClassifier({ backbone, checkpoint, size: SIZE });
    const again = buildClassifier({ backbone, checkpoint: readCheckpoint(classifier), size: SIZE });
    expectEqual(await answer(again, 'logits'), await answer(classifier, 'logits'));
    const embedder = buildEmbedder({ backbone, checkpoint, size: SIZE }).onnx;
    const embedderAgain = buildEmbedder({ backbone, checkpoint: readCheckpoint(embedder), size: SIZE }).onnx;
    expectEqual(await answer(embedderAgain, 'features'), await answer(embedder, 'features'));
  });

  it('give no matrix of a pooling for a weight', () => {
    const graph: Graph = {
      inputShape: [2, 5, 5],
      layers: [
        { kind: 'adaptiveAveragePool', name: 'pool', inputs: ['input'], size: 3 },
        { kind: 'flatten', name: 'flat', inputs: ['pool'] },
        { kind: 'dense', name: 'fc', inputs: ['flat'], units: 2 },
      ],
    };
    const weights = initializeWeights(graph, 1);
    const model = graphToOnnx({ graph, weights, graphName: 'toy', outputName: 'y', metadata: {} });
    expect(shapesIn(encodeOnnx(model))).toEqual({ 'fc.weight': [2, 18], 'fc.bias': [2] });
  });
});

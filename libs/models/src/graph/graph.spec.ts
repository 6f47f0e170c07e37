import { describe, expect, it } from '@jest/globals';
import { efficientNetLite } from '../architectures/efficientnet-lite/graph.js';
import { findBackbone, listBackbones } from '../catalog/catalog.js';
import { countMacs, countParameters } from './count.js';
import { graphAfter, graphUpTo } from './cut-graph.js';
import { inferShapes, paddingOf } from './infer-shapes.js';
import type { Graph } from './layers.js';

const conv = { kind: 'conv', filters: 4, kernel: 3, stride: 2, padding: 'same', groups: 1, bias: false } as const;

const TOY: Graph = {
  inputShape: [3, 7, 7],
  layers: [
    { ...conv, name: 'c', inputs: ['input'] },
    { kind: 'batchNorm', name: 'b', inputs: ['c'], epsilon: 1e-3 },
    { ...conv, name: 'd', inputs: ['b'], stride: 1, groups: 4 },
    { kind: 'add', name: 'a', inputs: ['b', 'd'] },
    { kind: 'globalAveragePool', name: 'p', inputs: ['a'], keepAxes: false },
    { kind: 'dense', name: 'f', inputs: ['p'], units: 2 },
  ],
};

describe('a graph', () => {
  it('pads as TensorFlow does: an odd total puts the extra row last', () => {
    expect(paddingOf(224, { kernel: 3, stride: 2, padding: 'same' })).toEqual({ before: 0, after: 1 });
    expect(paddingOf(112, { kernel: 5, stride: 2, padding: 'same' })).toEqual({ before: 1, after: 2 });
    expect(paddingOf(7, { kernel: 3, stride: 2, padding: 'same' })).toEqual({ before: 1, after: 1 });
    expect(paddingOf(56, { kernel: 1, stride: 1, padding: 'same' })).toEqual({ before: 0, after: 0 });
  });

  it('knows the shape of every layer', () => {
    expect(Object.fromEntries(inferShapes(TOY))).toEqual({
      input: [3, 7, 7],
      c: [4, 4, 4],
      b: [4, 4, 4],
      d: [4, 4, 4],
      a: [4, 4, 4],
      p: [4],
      f: [2],
    });
  });

  it('counts learned parameters and multiply-accumulates', () => {
    // c: 4·3·9, b: scale and shift, d: 4·1·9, f: 4·2 + 2; 16 positions.
    expect(countParameters(TOY)).toBe(108 + 8 + 36 + 10);
    expect(countMacs(TOY)).toBe(16 * 108 + 16 * 36 + 8);
  });

  it('is cut at a layer, without the layers that nothing needs any more', () => {
    expect(graphUpTo(TOY, 'd').layers.map(({ name }) => name)).toEqual(['c', 'b', 'd']);
    expect(() => graphUpTo(TOY, 'nowhere')).toThrow('no layer "nowhere"');
  });

  it('goes on after a cut where it stopped, and refuses a cut that later layers reach around', () => {
    const tail = graphAfter(TOY, 'a');
    expect(tail.inputShape).toEqual([4, 4, 4]);
    expect(tail.layers.map(({ name, inputs }) => [name, inputs])).toEqual([
      ['p', ['input']],
      ['f', ['p']],
    ]);
    expect(() => graphAfter(TOY, 'd')).toThrow('"d" is no freeze point: "a" needs "b"');
  });

  it('refuses what does not fit together', () => {
    const twice: Graph = {
      ...TOY,
      layers: [...TOY.layers, { kind: 'activation', activation: 'relu6', name: 'c', inputs: ['input'] }],
    };
    expect(() => inferShapes(twice)).toThrow('two layers are named "c"');
    const unequal: Graph = { ...TOY, layers: [...TOY.layers, { kind: 'add', name: 'z', inputs: ['a', 'input'] }] };
    expect(() => inferShapes(unequal)).toThrow('adds [4, 4, 4] and [3, 7, 7]');
  });
});

describe('EfficientNet-lite', () => {
  it('scales width and depth as the reference does', () => {
    const lite2 = efficientNetLite({ height: 260, width: 260, classes: 1000 }, { width: 1.1, depth: 1.2 });
    // Published for lite2: 6.1 M parameters.
    expect(countParameters(lite2) / 1e6).toBeCloseTo(6.1, 1);
  });
});

describe('the catalog', () => {
  it.each(listBackbones())('$name describes itself and is found by name and by architecture', (backbone) => {
    expect(backbone.name).toBe(`${backbone.architecture}.${backbone.tag}`);
    expect(findBackbone(backbone.name)).toBe(backbone);
    expect(findBackbone(backbone.architecture).architecture).toBe(backbone.architecture);
    expect(backbone.weightsDigest ?? '00000000').toMatch(/^[0-9a-f]{8,64}$/);
    expect(backbone.preprocessing.inputSize).toBe(backbone.inputSize);
  });

  it('has lite0 with the size that was published', () => {
    const lite0 = findBackbone('efficientnet_lite0');
    expect(lite0.featureLength).toBe(1280);
    expect(lite0.parameters).toBe(4_652_008);
    // Published: 407 M, which counts batch norms and activations as well; convolutions and classifier are 385 M.
    expect(lite0.macs).toBe(385_187_552);
    expect(lite0.macs / 407e6).toBeGreaterThan(0.94);
  });

  it('says what there is when a name is unknown', () => {
    expect(() => findBackbone('resnet9000')).toThrow('efficientnet_lite0.in1k');
  });
});

import { describe, expect, it } from '@jest/globals';
import { findBackbone } from '../../catalog/catalog.js';
import { layerNamed } from '../../graph/layers.js';
import { describePublished, tensorsIn, wholeGraph } from '../../testing/published-networks.js';
import { findArchitecture } from '../find-architecture.js';
import { EFFICIENTNET } from './efficientnet.js';

const [b0, b5] = [findArchitecture('efficientnet_b0'), findArchitecture('efficientnet_b5')];

describe('EfficientNet', () => {
  // Torchvision 0.29.2: num_params and _ops of the weights; B2's, whose weights are for 288 px, by PyTorch's FlopCounterMode.
  describePublished(EFFICIENTNET, [
    { name: 'efficientnet_b0', parameters: 5_288_548, gigaMacs: 0.386, featureLength: 1280 },
    { name: 'efficientnet_b1', parameters: 7_794_184, gigaMacs: 0.687, featureLength: 1280 },
    { name: 'efficientnet_b2', parameters: 9_109_994, gigaMacs: 0.994, featureLength: 1408 },
    { name: 'efficientnet_b3', parameters: 12_233_232, gigaMacs: 1.827, featureLength: 1536 },
    { name: 'efficientnet_b4', parameters: 19_341_616, gigaMacs: 4.394, featureLength: 1792 },
    { name: 'efficientnet_b5', parameters: 30_389_784, gigaMacs: 10.266, featureLength: 2048 },
    { name: 'efficientnet_b6', parameters: 43_040_704, gigaMacs: 19.068, featureLength: 2304 },
    { name: 'efficientnet_b7', parameters: 66_347_960, gigaMacs: 37.746, featureLength: 2560 },
  ]);

  it("has torchvision's names and shapes", () => {
    const tensors = tensorsIn(b0, 'torchvision');
    expect(tensors.get('features.0.0.weight')).toEqual([32, 3, 3, 3]);
    expect(tensors.get('features.1.0.block.0.0.weight')).toEqual([32, 1, 3, 3]);
    expect(tensors.get('features.1.0.block.1.fc1.weight')).toEqual([8, 32, 1, 1]);
    expect(tensors.get('features.2.0.block.2.fc2.bias')).toEqual([96]);
    expect(tensors.get('features.6.3.block.1.0.weight')).toEqual([1152, 1, 5, 5]);
    expect(tensors.get('features.7.0.block.3.1.running_var')).toEqual([320]);
    expect(tensors.get('features.8.0.weight')).toEqual([1280, 320, 1, 1]);
    expect(tensors.get('classifier.1.weight')).toEqual([1000, 1280]);
    // As many as state_dict() has there, less the counters of its 49 batch norms.
    expect(tensors.size).toBe(360 - 49);
  });

  it("has timm's names and shapes", () => {
    const tensors = tensorsIn(b0, 'timm');
    expect(tensors.get('conv_stem.weight')).toEqual([32, 3, 3, 3]);
    expect(tensors.get('blocks.0.0.conv_dw.weight')).toEqual([32, 1, 3, 3]);
    expect(tensors.get('blocks.0.0.conv_pw.weight')).toEqual([16, 32, 1, 1]);
    expect(tensors.get('blocks.0.0.se.conv_reduce.weight')).toEqual([8, 32, 1, 1]);
    expect(tensors.get('blocks.1.0.conv_pw.weight')).toEqual([96, 16, 1, 1]);
    expect(tensors.get('blocks.1.0.se.conv_expand.bias')).toEqual([96]);
    expect(tensors.get('blocks.5.3.conv_dw.weight')).toEqual([1152, 1, 5, 5]);
    expect(tensors.get('blocks.6.0.conv_pwl.weight')).toEqual([320, 1152, 1, 1]);
    expect(tensors.get('blocks.6.0.bn3.running_var')).toEqual([320]);
    expect(tensors.get('conv_head.weight')).toEqual([1280, 320, 1, 1]);
    expect(tensors.get('bn2.weight')).toEqual([1280]);
    expect(tensors.get('classifier.bias')).toEqual([1000]);
  });

  it("has PyTorch's epsilon up to B4 and the authors' from B5 on; timm's is PyTorch's throughout", () => {
    for (const [index, architecture] of EFFICIENTNET.entries()) {
      const norms = wholeGraph(architecture).layers.flatMap((layer) =>
        layer.kind === 'batchNorm' ? [layer.epsilon] : [],
      );
      expect([...new Set(norms)]).toEqual([index < 5 ? 1e-5 : 1e-3]);
    }
    expect(b5.namings.map(({ name, epsilon }) => [name, epsilon])).toEqual([
      ['torchvision', undefined],
      ['timm', 1e-5],
    ]);
  });

  it('pads symmetrically, and gates with a sigmoid', () => {
    expect(layerNamed(wholeGraph(b0), 'features.0.0')).toMatchObject({ padding: 1, stride: 2 });
    expect(layerNamed(wholeGraph(b0), 'features.3.0.block.1.0')).toMatchObject({ padding: 2, stride: 2 });
    const gate = layerNamed(wholeGraph(b0), 'features.3.0.block.2.scale_activation');
    expect(gate).toMatchObject({ activation: 'sigmoid' });
  });
});

describe("EfficientNet's weights in the catalog", () => {
  it('are for the sizes that torchvision evaluates them at', () => {
    const b2 = findBackbone('efficientnet_b2');
    expect(b2).toMatchObject({ name: 'efficientnet_b2.tv_in1k', inputSize: 288, weightsDigest: 'c35c1473' });
    expect(b2.preprocessing).toMatchObject({ inputSize: 288, cropShare: 1, interpolation: 'bicubic' });
    expect(b2.macs / 1.088e9).toBeCloseTo(1, 2);
    expect(findBackbone('efficientnet_b1').preprocessing.cropShare).toBe(240 / 256);
    expect(findBackbone('efficientnet_b1.tv2_in1k')).toMatchObject({ top1: 0.79838, weightsDigest: 'c27df63c' });
    expect(findBackbone('efficientnet_b7')).toMatchObject({ inputSize: 600, top1: 0.84122, weightsDigest: 'c5b4e57e' });
  });
});

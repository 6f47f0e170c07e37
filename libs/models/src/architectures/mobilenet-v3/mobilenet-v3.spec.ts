import { describe, expect, it } from '@jest/globals';
import { layerNamed } from '../../graph/layers.js';
import { describePublished, tensorsIn, wholeGraph } from '../../testing/published-networks.js';
import { MOBILENET_V3 } from './mobilenet-v3.js';

const [large, small] = MOBILENET_V3;

describe('MobileNetV3', () => {
  // Torchvision 0.29.2: num_params and _ops of the weights.
  describePublished(MOBILENET_V3, [
    { name: 'mobilenet_v3_large', parameters: 5_483_032, gigaMacs: 0.217, featureLength: 1280 },
    { name: 'mobilenet_v3_small', parameters: 2_542_856, gigaMacs: 0.057, featureLength: 1024 },
  ]);

  it("has torchvision's names and shapes, and its epsilon", () => {
    const tensors = tensorsIn(large, 'torchvision');
    expect(tensors.get('features.1.block.1.0.weight')).toEqual([16, 16, 1, 1]);
    expect(tensors.get('features.4.block.2.fc1.weight')).toEqual([24, 72, 1, 1]);
    expect(tensors.get('features.4.block.2.fc2.bias')).toEqual([72]);
    expect(tensors.get('features.4.block.3.1.running_mean')).toEqual([40]);
    expect(tensors.get('features.16.0.weight')).toEqual([960, 160, 1, 1]);
    expect(tensors.get('classifier.0.weight')).toEqual([1280, 960]);
    expect(tensors.get('classifier.3.weight')).toEqual([1000, 1280]);
    const norms = wholeGraph(large).layers.filter(({ kind }) => kind === 'batchNorm');
    expect(norms.every((layer) => layer.kind === 'batchNorm' && layer.epsilon === 1e-3)).toBe(true);
  });

  it("has timm's names and shapes, and knows that its epsilon is another", () => {
    const tensors = tensorsIn(large, 'timm');
    expect(tensors.get('blocks.0.0.conv_pw.weight')).toEqual([16, 16, 1, 1]);
    expect(tensors.get('blocks.2.0.se.conv_reduce.weight')).toEqual([24, 72, 1, 1]);
    expect(tensors.get('blocks.2.0.se.conv_expand.bias')).toEqual([72]);
    expect(tensors.get('blocks.6.0.conv.weight')).toEqual([960, 160, 1, 1]);
    expect(tensors.get('blocks.6.0.bn1.weight')).toEqual([960]);
    expect(tensors.get('conv_head.weight')).toEqual([1280, 960, 1, 1]);
    expect(tensors.get('conv_head.bias')).toEqual([1280]);
    expect(tensors.get('classifier.weight')).toEqual([1000, 1280]);
    expect(tensorsIn(small, 'timm').get('blocks.0.0.se.conv_reduce.weight')).toEqual([8, 16, 1, 1]);
    expect(large.namings.map(({ name, epsilon }) => [name, epsilon])).toEqual([
      ['torchvision', undefined],
      ['timm', 1e-5],
    ]);
  });

  it('switches from ReLU to hard swish where the tables do', () => {
    expect(layerNamed(wholeGraph(large), 'features.6.block.0.2')).toMatchObject({ activation: 'relu' });
    expect(layerNamed(wholeGraph(large), 'features.7.block.0.2')).toMatchObject({ activation: 'hardSwish' });
    expect(layerNamed(wholeGraph(small), 'features.4.block.0.2')).toMatchObject({ activation: 'hardSwish' });
    expect(layerNamed(wholeGraph(small), 'features.4.block.2.scale_activation')).toMatchObject({
      activation: 'hardSigmoid',
    });
  });
});

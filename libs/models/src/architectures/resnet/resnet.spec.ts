import { describe, expect, it } from '@jest/globals';
import { layerNamed } from '../../graph/layers.js';
import { describePublished, tensorsIn, wholeGraph } from '../../testing/published-networks.js';
import { RESNET } from './resnet.js';

const [resnet18, , resnet50] = RESNET;

describe('ResNet', () => {
  // Torchvision 0.29.2: num_params and _ops of the weights.
  describePublished(RESNET, [
    { name: 'resnet18', parameters: 11_689_512, gigaMacs: 1.814, featureLength: 512 },
    { name: 'resnet34', parameters: 21_797_672, gigaMacs: 3.664, featureLength: 512 },
    { name: 'resnet50', parameters: 25_557_032, gigaMacs: 4.089, featureLength: 2048 },
    { name: 'resnet101', parameters: 44_549_160, gigaMacs: 7.801, featureLength: 2048 },
    { name: 'resnet152', parameters: 60_192_808, gigaMacs: 11.514, featureLength: 2048 },
  ]);

  it('strides at the 3×3 convolution of a bottleneck', () => {
    const graph = wholeGraph(resnet50);
    expect(layerNamed(graph, 'layer2.0.conv1')).toMatchObject({ kernel: 1, stride: 1 });
    expect(layerNamed(graph, 'layer2.0.conv2')).toMatchObject({ kernel: 3, stride: 2, padding: 1 });
    expect(layerNamed(graph, 'layer2.0.downsample.0')).toMatchObject({ kernel: 1, stride: 2, padding: 0 });
  });

  it("has torchvision's names and shapes, in their order", () => {
    const tensors = tensorsIn(resnet18, 'torchvision');
    expect([...tensors.keys()].slice(0, 6)).toEqual([
      'conv1.weight',
      'bn1.weight',
      'bn1.bias',
      'bn1.running_mean',
      'bn1.running_var',
      'layer1.0.conv1.weight',
    ]);
    expect(tensors.get('layer3.0.downsample.1.running_var')).toEqual([256]);
    // A shortcut whose shapes agree already needs no convolution.
    expect(tensors.has('layer1.0.downsample.0.weight')).toBe(false);
    expect(tensorsIn(resnet50, 'torchvision').get('layer1.0.downsample.0.weight')).toEqual([256, 64, 1, 1]);
    expect(tensors.get('fc.weight')).toEqual([1000, 512]);
  });

  it('may be frozen after the stem and after each stage', () => {
    expect(resnet18.freezePoints).toEqual([
      'maxpool',
      'layer1.1.relu',
      'layer2.1.relu',
      'layer3.1.relu',
      'layer4.1.relu',
      'avgpool',
    ]);
  });
});

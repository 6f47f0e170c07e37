import { describe, expect, it } from '@jest/globals';
import { describePublished, tensorsIn } from '../../testing/published-networks.js';
import { MOBILENET_V2 } from './mobilenet-v2.js';

const [mobilenet] = MOBILENET_V2;

describe('MobileNetV2', () => {
  // Torchvision 0.29.2: num_params and _ops of the weights.
  describePublished(MOBILENET_V2, [
    { name: 'mobilenet_v2', parameters: 3_504_872, gigaMacs: 0.301, featureLength: 1280 },
  ]);

  it("has torchvision's names and shapes", () => {
    const tensors = tensorsIn(mobilenet, 'torchvision');
    // The first block doesn't expand; its projection is the list's second and third entry.
    expect(tensors.get('features.1.conv.0.0.weight')).toEqual([32, 1, 3, 3]);
    expect(tensors.get('features.1.conv.1.weight')).toEqual([16, 32, 1, 1]);
    expect(tensors.get('features.1.conv.2.running_mean')).toEqual([16]);
    expect(tensors.get('features.2.conv.0.0.weight')).toEqual([96, 16, 1, 1]);
    expect(tensors.get('features.2.conv.2.weight')).toEqual([24, 96, 1, 1]);
    expect(tensors.get('features.2.conv.3.bias')).toEqual([24]);
    expect(tensors.get('classifier.1.weight')).toEqual([1000, 1280]);
    expect(tensors.size).toBe(52 * 5 + 2);
  });

  it("has timm's names and shapes", () => {
    const tensors = tensorsIn(mobilenet, 'timm');
    expect(tensors.get('conv_stem.weight')).toEqual([32, 3, 3, 3]);
    expect(tensors.get('blocks.0.0.conv_pw.weight')).toEqual([16, 32, 1, 1]);
    expect(tensors.get('blocks.0.0.bn2.running_var')).toEqual([16]);
    expect(tensors.get('blocks.1.0.conv_pw.weight')).toEqual([96, 16, 1, 1]);
    expect(tensors.get('blocks.1.1.conv_pwl.weight')).toEqual([24, 144, 1, 1]);
    expect(tensors.get('blocks.6.0.bn3.weight')).toEqual([320]);
    expect(tensors.get('conv_head.weight')).toEqual([1280, 320, 1, 1]);
    expect(tensors.get('bn2.bias')).toEqual([1280]);
    expect(tensors.get('classifier.weight')).toEqual([1000, 1280]);
    expect(tensors.size).toBe(52 * 5 + 2);
  });
});

import { describe, expect, it } from '@jest/globals';
import { inferShapes } from '../../graph/infer-shapes.js';
import { describePublished, tensorsIn, wholeGraph } from '../../testing/published-networks.js';
import { findArchitecture } from '../find-architecture.js';
import { VGG } from './vgg.js';

describe('VGG', () => {
  // Torchvision 0.29.2: num_params and _ops of the weights.
  describePublished(
    VGG,
    [
      { name: 'vgg11', parameters: 132_863_336, gigaMacs: 7.609 },
      { name: 'vgg11_bn', parameters: 132_868_840, gigaMacs: 7.609 },
      { name: 'vgg13', parameters: 133_047_848, gigaMacs: 11.308 },
      { name: 'vgg13_bn', parameters: 133_053_736, gigaMacs: 11.308 },
      { name: 'vgg16', parameters: 138_357_544, gigaMacs: 15.47 },
      { name: 'vgg16_bn', parameters: 138_365_992, gigaMacs: 15.47 },
      { name: 'vgg19', parameters: 143_667_240, gigaMacs: 19.632 },
      { name: 'vgg19_bn', parameters: 143_678_248, gigaMacs: 19.632 },
    ].map((row) => ({ ...row, featureLength: 4096 })),
  );

  it('pools any map to 7×7 before its dense layers', () => {
    const shapes = inferShapes(wholeGraph(findArchitecture('vgg16'), { height: 97, width: 161 }));
    expect(shapes.get('features.30')).toEqual([512, 3, 5]);
    expect(shapes.get('avgpool')).toEqual([512, 7, 7]);
    expect(shapes.get('flatten')).toEqual([25_088]);
  });

  it('may be frozen after each stage and after each hidden dense layer', () => {
    expect(findArchitecture('vgg16').freezePoints).toEqual([
      'features.4',
      'features.9',
      'features.16',
      'features.23',
      'features.30',
      'classifier.1',
      'classifier.4',
    ]);
  });

  it("has torchvision's names and shapes, and timm's dense layers that are convolutions", () => {
    const vgg11 = findArchitecture('vgg11_bn');
    const [torchvision, timm] = [tensorsIn(vgg11, 'torchvision'), tensorsIn(vgg11, 'timm')];
    expect(torchvision.get('features.0.bias')).toEqual([64]);
    expect(torchvision.get('features.26.running_var')).toEqual([512]);
    expect(torchvision.get('classifier.0.weight')).toEqual([4096, 25_088]);
    expect([...timm].slice(-6)).toEqual([
      ['pre_logits.fc1.weight', [4096, 512, 7, 7]],
      ['pre_logits.fc1.bias', [4096]],
      ['pre_logits.fc2.weight', [4096, 4096, 1, 1]],
      ['pre_logits.fc2.bias', [4096]],
      ['head.fc.weight', [1000, 4096]],
      ['head.fc.bias', [1000]],
    ]);
    expect([...timm].slice(0, -6)).toEqual([...torchvision].slice(0, -6));
  });
});

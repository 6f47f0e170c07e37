import { describe, expect, it } from '@jest/globals';
import { findBackbone } from '../catalog.js';
import { torchvisionEntry } from './torchvision-entry.js';

describe("torchvision's weights in the catalog", () => {
  it('say where they are, what they must hash to, and how they were evaluated', () => {
    expect(findBackbone('resnet50.tv2_in1k')).toMatchObject({
      weights: 'https://download.pytorch.org/models/resnet50-11ad3fa6.pth',
      weightsDigest: '11ad3fa6',
      licence: 'BSD-3-Clause',
      top1: 0.80858,
      preprocessing: { inputSize: 224, cropShare: 224 / 232, interpolation: 'bilinear' },
    });
    const [mean] = findBackbone('vgg16').preprocessing.mean;
    expect(mean).toBeCloseTo(123.675, 6);
  });

  it('are the first version where there are two, unless the second is asked for', () => {
    expect(findBackbone('resnet50').name).toBe('resnet50.tv_in1k');
    expect(findBackbone('mobilenet_v3_large').name).toBe('mobilenet_v3_large.tv_in1k');
  });

  it('must have a digest in their name', () => {
    const common = {
      architecture: 'x',
      tag: 'tv_in1k',
      accuracy: 1,
      cropSize: 1,
      resizeSize: 1,
      source: 'x.py',
    } as const;
    expect(() => torchvisionEntry({ ...common, file: 'x.pth' })).toThrow('"x.pth"');
  });
});

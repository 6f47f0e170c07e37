/** MobileNetV2's ImageNet weights from torchvision. */
import type { CatalogEntry } from './catalog-entry.js';
import { torchvisionEntry } from './torchvision-entry.js';

const v1 = (architecture: string, file: string, accuracy: number): CatalogEntry =>
  torchvisionEntry({
    architecture,
    tag: 'tv_in1k',
    file,
    accuracy,
    cropSize: 224,
    resizeSize: 256,
    source: 'mobilenetv2.py',
  });

const v2 = (architecture: string, file: string, accuracy: number): CatalogEntry =>
  torchvisionEntry({
    architecture,
    tag: 'tv2_in1k',
    file,
    accuracy,
    cropSize: 224,
    resizeSize: 232,
    source: 'mobilenetv2.py',
  });

export const MOBILENET_V2_ENTRIES: readonly CatalogEntry[] = [
  v1('mobilenet_v2', 'mobilenet_v2-b0353104.pth', 71.878),
  v2('mobilenet_v2', 'mobilenet_v2-7ebf99e0.pth', 72.154),
];

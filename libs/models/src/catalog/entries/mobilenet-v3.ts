/** MobileNetV3's ImageNet weights from torchvision. */
import type { CatalogEntry } from './catalog-entry.js';
import { torchvisionRecipes } from './torchvision-entry.js';

const { v1, v2 } = torchvisionRecipes('mobilenetv3.py');

export const MOBILENET_V3_ENTRIES: readonly CatalogEntry[] = [
  v1('mobilenet_v3_large', 'mobilenet_v3_large-8738ca79.pth', 74.042),
  v2('mobilenet_v3_large', 'mobilenet_v3_large-5c1a4163.pth', 75.274),
  v1('mobilenet_v3_small', 'mobilenet_v3_small-047dcff4.pth', 67.668),
];

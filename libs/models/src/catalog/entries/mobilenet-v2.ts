/** MobileNetV2's ImageNet weights from torchvision. */
import type { CatalogEntry } from './catalog-entry.js';
import { torchvisionRecipes } from './torchvision-entry.js';

const { v1, v2 } = torchvisionRecipes('mobilenetv2.py');

export const MOBILENET_V2_ENTRIES: readonly CatalogEntry[] = [
  v1('mobilenet_v2', 'mobilenet_v2-b0353104.pth', 71.878),
  v2('mobilenet_v2', 'mobilenet_v2-7ebf99e0.pth', 72.154),
];

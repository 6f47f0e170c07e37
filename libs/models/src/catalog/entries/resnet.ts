/** ResNet's ImageNet weights from torchvision. */
import type { CatalogEntry } from './catalog-entry.js';
import { torchvisionRecipes } from './torchvision-entry.js';

const { v1, v2 } = torchvisionRecipes('resnet.py');

export const RESNET_ENTRIES: readonly CatalogEntry[] = [
  v1('resnet18', 'resnet18-f37072fd.pth', 69.758),
  v1('resnet34', 'resnet34-b627a593.pth', 73.314),
  v1('resnet50', 'resnet50-0676ba61.pth', 76.13),
  v2('resnet50', 'resnet50-11ad3fa6.pth', 80.858),
  v1('resnet101', 'resnet101-63fe2227.pth', 77.374),
  v2('resnet101', 'resnet101-cd907fc2.pth', 81.886),
  v1('resnet152', 'resnet152-394f9c45.pth', 78.312),
  v2('resnet152', 'resnet152-f82ba261.pth', 82.284),
];

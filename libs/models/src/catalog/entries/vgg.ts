/** VGG's ImageNet weights from torchvision. */
import type { CatalogEntry } from './catalog-entry.js';
import { torchvisionRecipes } from './torchvision-entry.js';

const { v1 } = torchvisionRecipes('vgg.py');

export const VGG_ENTRIES: readonly CatalogEntry[] = [
  v1('vgg11', 'vgg11-8a719046.pth', 69.02),
  v1('vgg11_bn', 'vgg11_bn-6002323d.pth', 70.37),
  v1('vgg13', 'vgg13-19584684.pth', 69.928),
  v1('vgg13_bn', 'vgg13_bn-abd245e5.pth', 71.586),
  v1('vgg16', 'vgg16-397923af.pth', 71.592),
  v1('vgg16_bn', 'vgg16_bn-6c64b313.pth', 73.36),
  v1('vgg19', 'vgg19-dcbb9e9d.pth', 72.376),
  v1('vgg19_bn', 'vgg19_bn-c79401a0.pth', 74.218),
];

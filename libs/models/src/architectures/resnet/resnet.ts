/** The members of the ResNet family. */
import { pytorchNaming } from '../../naming/checkpoint-naming.js';
import type { Architecture } from '../architecture.js';
import { resNet, resNetFreezePoints, type ResNetShape } from './graph.js';

const member = ({ name, ...shape }: ResNetShape & { name: string }): Architecture => ({
  name,
  family: 'resnet',
  paper: 'https://arxiv.org/abs/1512.03385',
  inputSize: 224,
  cut: 'avgpool',
  classifier: 'fc',
  freezePoints: resNetFreezePoints(shape),
  graph: (options) => resNet(options, shape),
  // timm's names and shapes are torchvision's; here under both, so that weights can be written for either by its name.
  namings: [pytorchNaming({ name: 'torchvision' }), pytorchNaming({ name: 'timm' })],
});

/** Table 1 of the paper. */
export const RESNET = [
  member({ name: 'resnet18', block: 'basic', repeats: [2, 2, 2, 2] }),
  member({ name: 'resnet34', block: 'basic', repeats: [3, 4, 6, 3] }),
  member({ name: 'resnet50', block: 'bottleneck', repeats: [3, 4, 6, 3] }),
  member({ name: 'resnet101', block: 'bottleneck', repeats: [3, 4, 23, 3] }),
  member({ name: 'resnet152', block: 'bottleneck', repeats: [3, 8, 36, 3] }),
] as const satisfies readonly Architecture[];

/** MobileNetV2, of width 1. */
import { pytorchNaming } from '../../naming/checkpoint-naming.js';
import type { Architecture } from '../architecture.js';
import { moduleIn } from '../timm-residual.js';
import { mobileNetV2, MOBILENET_V2_FREEZE_POINTS, MOBILENET_V2_IN_TIMM } from './graph.js';

export const MOBILENET_V2 = [
  {
    name: 'mobilenet_v2',
    family: 'mobilenet-v2',
    paper: 'https://arxiv.org/abs/1801.04381',
    inputSize: 224,
    cut: 'avgpool',
    classifier: 'classifier.1',
    freezePoints: MOBILENET_V2_FREEZE_POINTS,
    graph: mobileNetV2,
    namings: [
      pytorchNaming({ name: 'torchvision' }),
      // timm's mobilenetv2_100 (timm/models/efficientnet.py).
      pytorchNaming({ name: 'timm', architecture: 'mobilenetv2_100', moduleOf: moduleIn(MOBILENET_V2_IN_TIMM) }),
    ],
  },
] as const satisfies readonly Architecture[];

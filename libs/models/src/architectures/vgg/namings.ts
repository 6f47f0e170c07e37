/** Parameter names of VGG in torchvision (vgg.py), and in timm (timm/models/vgg.py) where they differ. */
import { pytorchNaming, type CheckpointNaming } from '../../naming/checkpoint-naming.js';

/** timm's dense layers before the head are convolutions: 7×7 over the pooled map, and 1×1. */
const TIMM_DENSE: Readonly<Record<string, { readonly module: string; readonly kernel: number }>> = {
  'classifier.0': { module: 'pre_logits.fc1', kernel: 7 },
  'classifier.3': { module: 'pre_logits.fc2', kernel: 1 },
};

export const VGG_NAMINGS: readonly CheckpointNaming[] = [
  pytorchNaming({ name: 'torchvision' }),
  pytorchNaming({
    name: 'timm',
    moduleOf: (layer) => (layer === 'classifier.6' ? 'head.fc' : (TIMM_DENSE[layer]?.module ?? layer)),
    shapeThere: (layer, parameter, shape) => {
      const [kernel, [units = 0, inputs = 0]] = [TIMM_DENSE[layer]?.kernel, shape];
      // [units, channels · k · k] → [units, channels, k, k]: the map is flattened with channels outermost.
      return kernel === undefined || parameter !== 'weight' ? shape : [units, inputs / kernel ** 2, kernel, kernel];
    },
  }),
];

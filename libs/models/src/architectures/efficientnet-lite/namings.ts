/** Parameter names of the PyTorch port efficientnet-lite-pytorch 0.1.0 (model.py: EfficientNet and MBConvBlock). */
import { pytorchNaming } from '../../naming/checkpoint-naming.js';

const MODULES: Readonly<Record<string, string>> = {
  'stem.conv': '_conv_stem',
  'stem.norm': '_bn0',
  'head.conv': '_conv_head',
  'head.norm': '_bn1',
  classifier: '_fc',
};

const BLOCK_MODULES: Readonly<Record<string, string>> = {
  'expand.conv': '_expand_conv',
  'expand.norm': '_bn0',
  'depthwise.conv': '_depthwise_conv',
  'depthwise.norm': '_bn1',
  'project.conv': '_project_conv',
  'project.norm': '_bn2',
};

const moduleOf = (layer: string): string => {
  const [, index, inBlock] = /^blocks\.(\d+)\.(.+)$/.exec(layer) ?? [];
  const module = inBlock === undefined ? MODULES[layer] : BLOCK_MODULES[inBlock];
  if (module === undefined) throw new RangeError(`layer "${layer}" has no parameters in the reference`);
  return index === undefined ? module : `_blocks.${index}.${module}`;
};

export const liteNaming = pytorchNaming({ name: 'efficientnet-lite-pytorch', moduleOf });

/** Parameter names of the PyTorch port efficientnet-lite-pytorch 0.1.0 (model.py: EfficientNet and MBConvBlock). */
import type { CheckpointNames } from '../../graph/weights.js';

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

/** Batch norm's parameters have other names in PyTorch; a convolution's and a dense layer's have the same. */
const NORM_PARAMETERS: Readonly<Record<string, string>> = {
  scale: 'weight',
  shift: 'bias',
  mean: 'running_mean',
  variance: 'running_var',
};

const moduleOf = (layer: string): string => {
  const [, index, inBlock] = /^blocks\.(\d+)\.(.+)$/.exec(layer) ?? [];
  const module = inBlock === undefined ? MODULES[layer] : BLOCK_MODULES[inBlock];
  if (module === undefined) throw new RangeError(`layer "${layer}" has no parameters in the reference`);
  return index === undefined ? module : `_blocks.${index}.${module}`;
};

export const efficientNetLiteNames: CheckpointNames = {
  keyOf: (layer, parameter) => `${moduleOf(layer)}.${NORM_PARAMETERS[parameter] ?? parameter}`,
  // How many batches training saw: PyTorch keeps it for a cumulative average that inference doesn't need.
  mayIgnore: (key) => key.endsWith('.num_batches_tracked'),
};

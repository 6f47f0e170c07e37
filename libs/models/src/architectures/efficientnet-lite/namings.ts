/** Parameter names of EfficientNet-lite: those of the PyTorch port that is the reference here, and timm's. */
import { pytorchNaming, type CheckpointNaming } from '../../naming/checkpoint-naming.js';

type Modules = Readonly<Record<string, string>>;

const named = (modules: Modules, layer: string, inside: string): string => {
  const module = modules[inside];
  if (module === undefined) throw new RangeError(`layer "${layer}" has no parameters in the library`);
  return module;
};

/** A layer's block, counted over all stages, and its name in there; null outside of blocks. */
const inBlock = (layer: string): { block: number; inside: string } | null => {
  const [, block, inside] = /^blocks\.(\d+)\.(.+)$/.exec(layer) ?? [];
  return block === undefined || inside === undefined ? null : { block: Number(block), inside };
};

const PORT_MODULES: Modules = {
  'stem.conv': '_conv_stem',
  'stem.norm': '_bn0',
  'head.conv': '_conv_head',
  'head.norm': '_bn1',
  classifier: '_fc',
};

const PORT_BLOCK: Modules = {
  'expand.conv': '_expand_conv',
  'expand.norm': '_bn0',
  'depthwise.conv': '_depthwise_conv',
  'depthwise.norm': '_bn1',
  'project.conv': '_project_conv',
  'project.norm': '_bn2',
};

/** efficientnet-lite-pytorch 0.1.0 (model.py: EfficientNet and MBConvBlock). */
const portNaming = pytorchNaming({
  name: 'efficientnet-lite-pytorch',
  moduleOf: (layer) => {
    const place = inBlock(layer);
    if (place === null) return named(PORT_MODULES, layer, layer);
    return `_blocks.${place.block}.${named(PORT_BLOCK, layer, place.inside)}`;
  },
});

const TIMM_MODULES: Modules = {
  'stem.conv': 'conv_stem',
  'stem.norm': 'bn1',
  'head.conv': 'conv_head',
  'head.norm': 'bn2',
  classifier: 'classifier',
};

/** DepthwiseSeparableConv, the block of the first stage, which has no expansion. */
const TIMM_SEPARABLE: Modules = {
  'depthwise.conv': 'conv_dw',
  'depthwise.norm': 'bn1',
  'project.conv': 'conv_pw',
  'project.norm': 'bn2',
};

/** InvertedResidual. */
const TIMM_RESIDUAL: Modules = {
  'expand.conv': 'conv_pw',
  'expand.norm': 'bn1',
  'depthwise.conv': 'conv_dw',
  'depthwise.norm': 'bn2',
  'project.conv': 'conv_pwl',
  'project.norm': 'bn3',
};

/** The stage of a block that is counted over all stages, and its number in there. */
const stageOf = (block: number, repeats: readonly number[]): { stage: number; index: number } => {
  let first = 0;
  for (const [stage, count] of repeats.entries()) {
    if (block < first + count) return { stage, index: block - first };
    first += count;
  }
  throw new RangeError(`there is no block ${block} in ${first}`);
};

/**
 * timm's tf_efficientnet_lite0 … 4. (Its efficientnet_lite0 without `tf_` has the same names but pads symmetrically and has
 * another epsilon: another network.)
 */
const timmNaming = (architecture: string, repeats: readonly number[]): CheckpointNaming =>
  pytorchNaming({
    name: 'timm',
    architecture: `tf_${architecture}`,
    moduleOf: (layer) => {
      const place = inBlock(layer);
      if (place === null) return named(TIMM_MODULES, layer, layer);
      const { stage, index } = stageOf(place.block, repeats);
      return `blocks.${stage}.${index}.${named(stage === 0 ? TIMM_SEPARABLE : TIMM_RESIDUAL, layer, place.inside)}`;
    },
  });

/** @param repeats blocks of each stage: timm counts them stage by stage. */
export const liteNamings = (architecture: string, repeats: readonly number[]): readonly CheckpointNaming[] => [
  portNaming,
  timmNaming(architecture, repeats),
];

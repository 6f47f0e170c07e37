/** How timm names an inverted residual (timm/models/_efficientnet_blocks.py: InvertedResidual, DepthwiseSeparableConv). */
import { namesOfUnit } from './conv-unit.js';
import { namesOfResidual } from './inverted-residual.js';

/** Torchvision's module paths to timm's, by torchvision's. */
export type Modules = readonly (readonly [string, string])[];

/** A convolution and its batch norm. */
export const timmUnit = (unit: string, conv: string, norm: string): Modules => {
  const names = namesOfUnit(unit);
  return [
    [names.conv, conv],
    [names.norm, norm],
  ];
};

/** @param path the block's own there: `blocks.<stage>.<block>`. */
export const timmResidual = (block: Parameters<typeof namesOfResidual>[0], path: string): Modules => {
  const { expand, depthwise, squeeze, project } = namesOfResidual(block);
  const [afterExpansion, last] = expand === null ? [1, 2] : [2, 3];
  return [
    ...(expand === null ? [] : timmUnit(expand, `${path}.conv_pw`, `${path}.bn1`)),
    ...timmUnit(depthwise, `${path}.conv_dw`, `${path}.bn${afterExpansion}`),
    ...(squeeze === null
      ? []
      : ([
          [`${squeeze}.fc1`, `${path}.se.conv_reduce`],
          [`${squeeze}.fc2`, `${path}.se.conv_expand`],
        ] as const)),
    // A block that doesn't expand has one pointwise convolution, and calls it so.
    [project.conv, `${path}.${expand === null ? 'conv_pw' : 'conv_pwl'}`],
    [project.norm, `${path}.bn${last}`],
  ];
};

/**
 * The module path in timm of every layer with parameters.
 * @throws RangeError for a layer that isn't among them: a mistake in the architecture.
 */
export const moduleIn = (modules: Modules): ((layer: string) => string) => {
  const paths = new Map(modules);
  return (layer) => {
    const path = paths.get(layer);
    if (path === undefined) throw new RangeError(`timm has no name for layer "${layer}"`);
    return path;
  };
};

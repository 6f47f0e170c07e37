/** EfficientNet-B0's stages: the one table that B0–B7, the lite models and custom scales are derived from. */

/** A stage of equal blocks; only its first block strides. */
export interface Stage {
  readonly repeats: number;
  /** Of the depthwise convolution. */
  readonly kernel: number;
  readonly stride: number;
  /** Factor by which a block widens before its depthwise convolution; 1: it doesn't. */
  readonly expansion: number;
  readonly filters: number;
}

/** Table 1 of the EfficientNet paper (arXiv:1905.11946), stages 2 to 8. */
export const STAGES: readonly Stage[] = [
  { repeats: 1, kernel: 3, stride: 1, expansion: 1, filters: 16 },
  { repeats: 2, kernel: 3, stride: 2, expansion: 6, filters: 24 },
  { repeats: 2, kernel: 5, stride: 2, expansion: 6, filters: 40 },
  { repeats: 3, kernel: 3, stride: 2, expansion: 6, filters: 80 },
  { repeats: 3, kernel: 5, stride: 1, expansion: 6, filters: 112 },
  { repeats: 4, kernel: 5, stride: 2, expansion: 6, filters: 192 },
  { repeats: 1, kernel: 3, stride: 1, expansion: 6, filters: 320 },
];

/** Of B0's first convolution. */
export const STEM_FILTERS = 32;

/** How many blocks so many become in a network that is `depth` times as deep: never fewer than asked for. */
export const scaleRepeats = (repeats: number, depth: number): number => Math.ceil(repeats * depth);

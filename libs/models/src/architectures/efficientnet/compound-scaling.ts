/**
 * Compound scaling (Tan & Le, arXiv:1905.11946, section 3.3): one number φ scales depth, width and resolution together, each
 * by its own base to the power of φ. A step of φ multiplies a network's cost by α · β² · γ² = 1.92, which the paper rounds
 * to 2: a convolution's cost grows with the depth, and with the squares of width and resolution.
 */

/** α, β and γ: the paper's grid search around B0, under α · β² · γ² ≈ 2. */
export const SCALING_BASES = { depth: 1.2, width: 1.1, resolution: 1.15 } as const;

/** Of EfficientNet-B0, pixels. */
export const BASE_RESOLUTION = 224;
/**
 * Resolutions are multiples of 8: the first three halvings, whose maps are the largest, then leave no odd row that would be
 * mostly padding. (32, the network's whole stride, would be too coarse a step at this size: a seventh.)
 */
const RESOLUTION_STEP = 8;

export interface CompoundScale {
  /** Factor of every stage's number of blocks. */
  readonly depth: number;
  /** Factor of every channel count. */
  readonly width: number;
  /** Height and width of the input, pixels. */
  readonly resolution: number;
}

/** The rule itself: depth 1.2^φ, width 1.1^φ, resolution 224 · 1.15^φ. B0 is φ = 0; a negative φ is smaller than B0. */
export const compoundScale = (phi: number): CompoundScale => ({
  depth: SCALING_BASES.depth ** phi,
  width: SCALING_BASES.width ** phi,
  resolution: Math.round((BASE_RESOLUTION * SCALING_BASES.resolution ** phi) / RESOLUTION_STEP) * RESOLUTION_STEP,
});

/**
 * B0 to B7 as published (efficientnet_params of the authors' code; torchvision and timm have the same).
 *
 * They are rounded and adjusted by hand: no φ gives all three numbers of B1 or of any later one, and neither the paper nor
 * the authors' code says which φ was meant. Read as φ = 0, 0.5, 1, 2, 3, 4, 5 and 6, as most ports do, the rule is off by up
 * to 6% in depth, 12% in width and 16% in resolution (the published ones grow faster); read as whichever φ is nearest, by
 * up to 8% in each. The spec of this file measures both.
 */
export const PUBLISHED_SCALES: readonly CompoundScale[] = [
  { width: 1.0, depth: 1.0, resolution: 224 },
  { width: 1.0, depth: 1.1, resolution: 240 },
  { width: 1.1, depth: 1.2, resolution: 260 },
  { width: 1.2, depth: 1.4, resolution: 300 },
  { width: 1.4, depth: 1.8, resolution: 380 },
  { width: 1.6, depth: 2.2, resolution: 456 },
  { width: 1.8, depth: 2.6, resolution: 528 },
  { width: 2.0, depth: 3.1, resolution: 600 },
];

/** A dimension that is nearer to B0's than this many steps of φ counts as left alone. */
const LEFT_ALONE_PHI = 0.25;

/**
 * What the paper warns of (figures 3 and 4): one dimension scaled on its own soon stops to pay, while the three together go
 * on. Empty when two or three dimensions move, or none.
 */
export const scalingWarnings = ({ depth, width, resolution }: CompoundScale): readonly string[] => {
  const factors = { depth, width, resolution: resolution / BASE_RESOLUTION };
  const stepsOf = (dimension: keyof CompoundScale): number =>
    Math.log(factors[dimension]) / Math.log(SCALING_BASES[dimension]);
  const dimensions = ['depth', 'width', 'resolution'] as const;
  const [alone, ...others] = dimensions.filter((dimension) => Math.abs(stepsOf(dimension)) >= LEFT_ALONE_PHI);
  if (alone === undefined || others.length > 0) return [];
  const { depth: alpha, width: beta, resolution: gamma } = SCALING_BASES;
  const cost = factors.depth * factors.width ** 2 * factors.resolution ** 2;
  const phi = Math.log(cost) / Math.log(alpha * beta ** 2 * gamma ** 2);
  const balanced = compoundScale(phi);
  return [
    `only ${alone} is scaled (by ${factors[alone].toFixed(2)}); at the same cost, φ = ${phi.toFixed(2)} scales all three: ` +
      `depth ${balanced.depth.toFixed(2)}, width ${balanced.width.toFixed(2)}, resolution ${balanced.resolution}`,
  ];
};

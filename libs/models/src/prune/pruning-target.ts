/** How much of a network is to remain. */
export interface PruningTarget {
  /** Share of the graph's multiply-accumulates that may remain at most, above 0, up to 1. */
  readonly macsShare: number;
  /** Share of every group's channels that stays at least, 0–1; default .25: a layer of a few channels is a bottleneck. */
  readonly keepAtLeast?: number;
  /**
   * What remains of a group is a multiple of so many; default 8, the floats of an AVX register. onnxruntime computes blocks of
   * 8 channels, or 16 on a CPU with AVX-512, and other numbers in a slow way: with 60 % of its multiply-adds,
   * EfficientNet-lite0 is faster than the whole in multiples of 8, a little more so of 16, and slower than it in any number.
   */
  readonly multipleOf?: number;
}

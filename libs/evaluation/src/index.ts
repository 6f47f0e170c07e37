/** Statistics and judgment of evaluations: pure functions of predictions and policies. */
export { computeMetrics } from './compute-metrics.js';
export { comparePairs, pairPredictions } from './pair-predictions.js';
export type { Pair } from './pair-predictions.js';
export { judge } from './judge.js';
export type { JudgeInput } from './judge.js';
export { preferVariant } from './prefer-variant.js';
export { wilsonInterval } from './wilson-interval.js';
export { mcnemarExact } from './mcnemar-exact.js';
export { pairedScoreInterval } from './paired-score-interval.js';
export type { PairedCounts } from './paired-score-interval.js';
export { holm } from './holm.js';
export { quantile } from './quantile.js';

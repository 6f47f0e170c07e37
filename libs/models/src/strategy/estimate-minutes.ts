import type { Strategy } from '@graft/contracts';

export interface EstimatedTraining {
  readonly strategy: Strategy;
  readonly epochs: number;
  /** Of all splits, and of the training split. */
  readonly images: number;
  readonly trainImages: number;
  /** Multiply-accumulates of what trains, as a share of the whole network's. */
  readonly costShare: number;
  /** Through the whole network, forward alone, by onnxruntime on this machine. */
  readonly imagesPerSecond: number;
}

/**
 * A training step's cost in forward passes of onnxruntime, which folds batch norms and fuses what training can't. In CPU time,
 * float32, AMD EPYC with two cores: efficientnet_lite0 at 224 px 5.0, mobilenet_v2 at 160 px 5.1, resnet18 at 128 px 2.4.
 */
const STEP_COST = 5;

/** A head's epochs take no time beside the embedding: a multiplication by one matrix. */
const isFree = (strategy: Strategy): boolean => strategy === 'head';

/**
 * About how long embedding and training take, minutes, if no epoch is cut short. For a budget, not for a stopwatch: good to a
 * factor of two.
 */
export const estimateMinutes = (training: EstimatedTraining): number => {
  const { strategy, epochs, images, trainImages, costShare, imagesPerSecond } = training;
  const forward = 1 / imagesPerSecond;
  // Every strategy embeds every image once: drift reads the features of `full` and `scratch` as well.
  const embedding = images * forward * (strategy === 'partial' ? 1 - costShare : 1);
  const steps = isFree(strategy) ? 0 : epochs * trainImages * costShare * STEP_COST * forward;
  return (embedding + steps) / 60;
};

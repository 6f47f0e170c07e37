/** A form that was made from another (quantized, pruned) beside that one. */
import type { Artifact, Evaluation, Prediction } from '@graft/contracts';
import { computeMetrics, pairPredictions } from '@graft/evaluation';
import type { TrainerDependencies } from '../dependencies.js';
import { predict, type Contestant, type PredictOptions } from './contestant.js';
import type { Latency } from './measure-latency.js';

/** What was lost, on all test images: both forms learned from the same ones. */
export const compareWithOriginal = async (
  dependencies: Pick<TrainerDependencies, 'blobs'>,
  params: {
    original: Artifact;
    contestant: Contestant;
    latency: Latency;
    /** Of the form that was made from it. */
    predictions: readonly Prediction[];
    labels: readonly string[];
    alpha: number;
  } & PredictOptions,
): Promise<NonNullable<Evaluation['original']>> => {
  const { original, contestant, latency, predictions, labels, alpha, ...options } = params;
  const theirs = (await predict(dependencies, contestant, options)).predictions;
  return {
    variant: original.variant,
    artifactDigest: original.digest,
    accuracy: computeMetrics({ predictions: theirs, labels }).accuracy,
    latency,
    sizeBytes: original.sizeBytes,
    paired: pairPredictions({ candidate: predictions, champion: theirs, labels, alpha }),
  };
};

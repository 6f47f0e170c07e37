/** The champion beside a candidate: on the test images that both can be judged by. */
import {
  labelNames,
  type ChampionRef,
  type Digest,
  type Evaluation,
  type ManifestImage,
  type Prediction,
  type Signature,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { computeMetrics, pairPredictions } from '@graft/evaluation';
import type { TrainerDependencies } from '../dependencies.js';
import { comparableImages, type ComparableImages } from './comparable-images.js';
import { predict, type Contestant, type PredictOptions } from './contestant.js';
import type { Latency } from './measure-latency.js';

export interface Opponent extends ComparableImages {
  readonly champion: ChampionRef;
  readonly signature: Signature;
  /** The champion's labels, by the names that they have in the candidate's data. */
  readonly labels: readonly string[];
}

/**
 * What the champion is compared on: the test images less those that it learned from and those of labels that it
 * doesn't know.
 */
export const findOpponent = async (
  { registry, blobs }: Pick<TrainerDependencies, 'registry' | 'blobs'>,
  params: {
    champion: ChampionRef;
    model: string;
    test: readonly ManifestImage[];
    labels: readonly string[];
    /** That the candidate learned from. */
    datasetVersion: Digest;
  },
): Promise<Opponent> => {
  const { champion, model, test, labels, datasetVersion } = params;
  const { signature } = await registry.getModelVersion(model, champion.version);
  const [theirs, ours, { images: championImages }] = await Promise.all([
    registry.getDatasetVersion(champion.datasetVersion),
    registry.getDatasetVersion(datasetVersion),
    readDatasetVersion(blobs, champion.datasetVersion),
  ]);
  const championLabels = signature.labels.map(labelNames(theirs, ours));
  const compared = comparableImages({ test, championImages, labels, championLabels });
  return { ...compared, champion, signature, labels: championLabels };
};

/** The champion's part of an evaluation. */
export const compareWithChampion = async (
  dependencies: Pick<TrainerDependencies, 'blobs'>,
  params: {
    opponent: Opponent;
    contestant: Contestant;
    latency: Latency;
    /** The candidate's, of the whole test split. */
    predictions: readonly Prediction[];
    labels: readonly string[];
    alpha: number;
  } & Omit<PredictOptions, 'images'>,
): Promise<NonNullable<Evaluation['champion']>> => {
  const { opponent, contestant, latency, predictions, labels, alpha, ...options } = params;
  const { images, champion, seenInTraining, newLabels } = opponent;
  const theirs = await predict(dependencies, contestant, { ...options, images });
  const judged = new Set(images.map(({ sha256 }) => sha256));
  return {
    version: champion.version,
    generation: champion.generation,
    artifactDigest: champion.artifactDigest,
    metrics: computeMetrics({ predictions: theirs.predictions, labels: opponent.labels }),
    latency,
    paired: pairPredictions({
      candidate: predictions.filter(({ sha256 }) => judged.has(sha256)),
      champion: theirs.predictions,
      labels,
      alpha,
    }),
    seenInTraining,
    newLabels: [...newLabels],
    predictionsDigest: theirs.digest,
  };
};

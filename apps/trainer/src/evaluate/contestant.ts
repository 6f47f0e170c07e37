/** A model under test: loaded once, timed and asked for its predictions. */
import { writeDocument } from '@graft/artifacts';
import { predictionsSchema, type Digest, type ManifestImage, type Prediction, type Signature } from '@graft/contracts';
import { loadOnnxModel, preprocessImage, type Runtime } from '@graft/models';
import { defaultThreads, type TrainerDependencies } from '../dependencies.js';
import { measureLatency, type Latency } from './measure-latency.js';
import { predictImages } from './predict-images.js';

export interface Contestant {
  readonly artifactDigest: Digest;
  readonly signature: Signature;
  readonly runtime: Runtime;
}

/** Different images, so that no cache of one input flatters a model. */
const LATENCY_IMAGES = 8;

export const loadContestant = async (
  { blobs }: Pick<TrainerDependencies, 'blobs'>,
  { artifactDigest, signature }: Omit<Contestant, 'runtime'>,
): Promise<Contestant> => {
  const runtime = await loadOnnxModel(await blobs.get(artifactDigest), { threads: defaultThreads() });
  return { artifactDigest, signature, runtime };
};

/** What is timed: a model, and how its input is made. */
export interface TimedModel {
  readonly runtime: Runtime;
  readonly signature: Pick<Signature, 'preprocessing'>;
}

/** The latency of one image for each model, measured in turns. */
export const measureLatencies = async (
  { blobs, machine }: Pick<TrainerDependencies, 'blobs' | 'machine'>,
  contestants: readonly TimedModel[],
  { images, signal }: { images: readonly ManifestImage[]; signal: AbortSignal },
): Promise<Latency[]> => {
  const chosen = images.slice(0, LATENCY_IMAGES);
  const models = await Promise.all(
    contestants.map(async ({ runtime, signature }) => ({
      runtime,
      inputs: await Promise.all(
        chosen.map(async ({ sha256 }) => preprocessImage(await blobs.get(sha256), signature.preprocessing)),
      ),
    })),
  );
  return measureLatency({ models, cpuClass: machine.cpuClass, signal });
};

export interface PredictOptions {
  readonly images: readonly ManifestImage[];
  readonly datasetVersion: Digest;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

export interface Predicted {
  readonly predictions: Prediction[];
  /** Of the predictions.v1 document that keeps them. */
  readonly digest: Digest;
}

/** What a contestant says of each image; kept as a document. */
export const predict = async (
  { blobs }: Pick<TrainerDependencies, 'blobs'>,
  { artifactDigest, runtime, signature }: Contestant,
  { images, datasetVersion, signal, onProgress }: PredictOptions,
): Promise<Predicted> => {
  const { labels, preprocessing } = signature;
  const predictions = await predictImages({
    images,
    runtime,
    preprocessing,
    classes: labels.length,
    blobs,
    signal,
    onProgress,
  });
  const digest = await writeDocument(blobs, predictionsSchema, {
    schemaVersion: 'predictions.v1',
    artifactDigest,
    datasetVersion,
    split: 'test',
    labels,
    predictions,
  });
  return { predictions, digest };
};

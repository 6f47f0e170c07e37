/** What an adopted model is worth on a dataset's test split, as evaluations report it; and its golden outputs. */
import { writeDocument } from '@graft/artifacts';
import {
  AppError,
  evaluationSchema,
  GOLDEN_TOLERANCE,
  goldenSchema,
  predictionsSchema,
  type Artifact,
  type BlobStore,
  type Digest,
  type Evaluation,
  type GatePolicy,
  type ManifestImage,
  type Prediction,
} from '@graft/contracts';
import { computeMetrics, judge, quantile, sliceAccuracy } from '@graft/evaluation';
import { outputNamed, preprocessImage, runImages } from '@graft/models';
import { detectCpuClass } from '@graft/platform';
import type { OpenedForeign } from './open-foreign.js';

/** As many as replicas check in a moment. */
const GOLDEN_IMAGES = 8;
const [WARM_UP, ROUNDS] = [5, 40];

interface Judged {
  readonly evaluation: Evaluation;
  readonly reportDigest: Digest;
  readonly goldenDigest: Digest;
  readonly artifacts: readonly Artifact[];
}

const toShare = (value: number): number => Math.min(1, Math.max(0, value));

const predict = async (
  { runtime, preprocessing }: OpenedForeign,
  { blobs, images, labels }: { blobs: BlobStore; images: readonly ManifestImage[]; labels: readonly string[] },
  onProgress?: (done: number, total: number) => void,
): Promise<Prediction[]> => {
  const predictions: Prediction[] = [];
  await runImages({
    images: images.map(({ sha256 }) => sha256),
    load: (sha256) => blobs.get(sha256),
    ...{ preprocessing, runtime },
    onBatch: ({ outputs, offset, count }) => {
      const probabilities = outputNamed(outputs, 'probabilities');
      images.slice(offset, offset + count).forEach(({ sha256, label, source }, row) => {
        const ofImage = probabilities.subarray(row * labels.length, (row + 1) * labels.length);
        predictions.push({ sha256, label, source, probabilities: Array.from(ofImage, toShare) });
      });
      onProgress?.(predictions.length, images.length);
    },
  });
  return predictions;
};

/** Of one image, milliseconds. */
const measureLatency = async (
  { runtime, preprocessing }: OpenedForeign,
  bytes: Uint8Array,
): Promise<Evaluation['latency']> => {
  const input = await preprocessImage(bytes, preprocessing);
  const samples: number[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    await runtime.run(input, 1);
    if (round >= 0) samples.push(performance.now() - startedAt);
  }
  return { p50Ms: quantile(samples, 0.5), p99Ms: quantile(samples, 0.99), rounds: ROUNDS, cpuClass: detectCpuClass() };
};

const documentArtifact = async (
  blobs: BlobStore,
  { kind, variant, digest }: { kind: Artifact['kind']; variant: string; digest: Digest },
): Promise<Artifact> => ({
  ...{ kind, variant, digest, mediaType: 'application/json' },
  sizeBytes: (await blobs.get(digest)).length,
});

/**
 * Keeps the model, its golden outputs, its predictions and its report. The same again gives the same model and golden outputs.
 * @param images of the test split, of labels that the model knows
 * @throws AppError `dataset_unfit` where there is no image
 */
export const evaluateForeign = async (
  opened: OpenedForeign,
  params: {
    blobs: BlobStore;
    images: readonly ManifestImage[];
    labels: readonly string[];
    datasetVersion: Digest;
    variant: string;
    gate: GatePolicy;
  },
  onProgress?: (done: number, total: number) => void,
): Promise<Judged> => {
  const { blobs, images, labels, datasetVersion, variant, gate } = params;
  const [first] = images;
  if (first === undefined) {
    throw new AppError(
      'dataset_unfit',
      `dataset version ${datasetVersion} has no test image of a label that the model knows`,
    );
  }
  const model = await blobs.put(opened.onnx, { mediaType: 'application/octet-stream' });
  const predictions = await predict(opened, { blobs, images, labels }, onProgress);
  const goldenDigest = await writeDocument(blobs, goldenSchema, {
    ...{ schemaVersion: 'golden.v1', artifactDigest: model, cpuClass: detectCpuClass(), tolerance: GOLDEN_TOLERANCE },
    cases: predictions.slice(0, GOLDEN_IMAGES).map(({ sha256, probabilities }) => ({ sha256, probabilities })),
  });
  const split = 'test' as const;
  const predictionsDigest = await writeDocument(blobs, predictionsSchema, {
    ...{
      schemaVersion: 'predictions.v1',
      artifactDigest: model,
      datasetVersion,
      split,
      labels: [...labels],
      predictions,
    },
  });
  const metrics = computeMetrics({ predictions, labels });
  const latency = await measureLatency(opened, await blobs.get(first.sha256));
  const sizeBytes = opened.onnx.length;
  const evaluation: Evaluation = {
    ...{ schemaVersion: 'evaluation.v1', variant, artifactDigest: model, sizeBytes, datasetVersion, split },
    ...{ labels: [...labels], metrics, latency, predictionsDigest, champion: null, original: null, earlierLooks: 0 },
    slices: sliceAccuracy({ predictions, images, labels }),
    gate: judge({ policy: gate, metrics, latency, sizeBytes, paired: null, original: null }),
  };
  const reportDigest = await writeDocument(blobs, evaluationSchema, evaluation);
  const artifacts: Artifact[] = [
    { kind: 'model', variant, digest: model, sizeBytes, mediaType: 'application/octet-stream' },
    await documentArtifact(blobs, { kind: 'golden', variant, digest: goldenDigest }),
    await documentArtifact(blobs, { kind: 'evaluation', variant, digest: reportDigest }),
    await documentArtifact(blobs, { kind: 'predictions', variant, digest: predictionsDigest }),
  ];
  return { evaluation, reportDigest, goldenDigest, artifacts };
};

/**
 * Evaluates the exported artifact, byte for byte what would be served, on the test split; pairs it with the champion on
 * the images that both can be judged by; and lets the gate judge.
 */
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  AppError,
  evaluateModelInputSchema,
  evaluationSchema,
  modelOf,
  predictionsSchema,
  signatureSchema,
  toAppError,
  type Artifact,
  type ChampionRef,
  type Digest,
  type EvaluateActivities,
  type Evaluation,
  type ManifestImage,
  type ModelVersion,
  type Prediction,
  type Signature,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { computeMetrics, judge, pairPredictions } from '@graft/evaluation';
import { loadOnnxModel, preprocessImage, type Runtime } from '@graft/models';
import { whileBeating } from '../activity-scope.js';
import { imagesOfSplit } from '../dataset-images.js';
import { defaultThreads, type TrainerDependencies } from '../dependencies.js';
import { createProgressMeter } from '../progress-meter.js';
import { reportStage, type StageReporter } from '../stage-reporter.js';
import { comparableImages } from './comparable-images.js';
import { countEarlierLooks } from './count-earlier-looks.js';
import { measureLatency, type Latency } from './measure-latency.js';
import { predictImages } from './predict-images.js';

export type EvaluateDependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'logger' | 'scope' | 'machine'>;

/** A model under test, loaded. */
interface Contestant {
  readonly artifactDigest: Digest;
  readonly signature: Signature;
  readonly runtime: Runtime;
}

/** Different images, so that no cache of one input flatters a model. */
const LATENCY_IMAGES = 8;

const load = async (
  { blobs }: Pick<EvaluateDependencies, 'blobs'>,
  { artifactDigest, signature }: Omit<Contestant, 'runtime'>,
): Promise<Contestant> => {
  const runtime = await loadOnnxModel(await blobs.get(artifactDigest), { threads: defaultThreads() });
  return { artifactDigest, signature, runtime };
};

const latencies = async (
  { blobs, machine }: Pick<EvaluateDependencies, 'blobs' | 'machine'>,
  contestants: readonly Contestant[],
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

interface Predicted {
  readonly predictions: Prediction[];
  readonly digest: Digest;
}

const predict = async (
  { blobs }: Pick<EvaluateDependencies, 'blobs'>,
  contestant: Contestant,
  options: {
    images: readonly ManifestImage[];
    datasetVersion: Digest;
    signal: AbortSignal;
    onProgress: (done: number) => void;
  },
): Promise<Predicted> => {
  const { labels, preprocessing } = contestant.signature;
  const { images, datasetVersion, signal, onProgress } = options;
  const predictions = await predictImages({
    images,
    runtime: contestant.runtime,
    preprocessing,
    classes: labels.length,
    blobs,
    signal,
    onProgress,
  });
  const digest = await writeDocument(blobs, predictionsSchema, {
    schemaVersion: 'predictions.v1',
    artifactDigest: contestant.artifactDigest,
    datasetVersion,
    split: 'test',
    labels,
    predictions,
  });
  return { predictions, digest };
};

const championSignature = async (
  registry: EvaluateDependencies['registry'],
  model: string,
  champion: ChampionRef,
): Promise<Signature> => (await registry.getModelVersion(model, champion.version)).signature;

/** None where this run's version will be the model's first. */
const earlierVersions = (registry: EvaluateDependencies['registry'], model: string): Promise<ModelVersion[]> =>
  registry.listModelVersions(model).catch((thrown: unknown) => {
    if (toAppError(thrown).code === 'not_found') return [];
    throw thrown;
  });

const progressOf = (reporter: StageReporter, total: number): ((done: number) => void) => {
  const meter = createProgressMeter();
  return (done) => {
    const { perSecond, etaSeconds } = meter.speed({ done, left: total - done });
    reporter.progress({
      step: done,
      total,
      imagesPerSecond: perSecond,
      ...(etaSeconds === null ? {} : { etaSeconds }),
    });
  };
};

export const createEvaluateModel =
  (dependencies: EvaluateDependencies): EvaluateActivities['evaluateModel'] =>
  (input) => {
    const {
      runId,
      model: artifact,
      signature: signatureDigest,
      datasetVersion,
      gate,
      champion,
    } = evaluateModelInputSchema.parse(input);
    const { registry, blobs, logger } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'evaluate' }, async (reporter) => {
        const run = await registry.getRun(runId);
        const modelName = modelOf((await registry.getPipeline(run.pipeline)).pipeline);
        const signature = await readDocument(blobs, signatureSchema, signatureDigest);
        const { labels } = signature;
        const test = imagesOfSplit((await readDatasetVersion(blobs, datasetVersion)).images, 'test');
        if (test.length === 0) {
          throw new AppError(
            'dataset_unfit',
            `dataset version ${datasetVersion} has no test image to evaluate on; land more images, or raise testShare`,
          );
        }
        const comparable =
          champion === null
            ? null
            : {
                ...champion,
                signature: await championSignature(registry, modelName, champion),
                championImages: (await readDatasetVersion(blobs, champion.datasetVersion)).images,
              };
        const compared =
          comparable === null
            ? null
            : comparableImages({
                test,
                championImages: comparable.championImages,
                labels,
                championLabels: comparable.signature.labels,
              });

        const contestants: Contestant[] = [];
        try {
          contestants.push(await load(dependencies, { artifactDigest: artifact.digest, signature }));
          if (comparable !== null) {
            contestants.push(
              await load(dependencies, {
                artifactDigest: comparable.artifactDigest,
                signature: comparable.signature,
              }),
            );
          }
          const [candidate, opponent] = contestants;
          if (candidate === undefined) throw new AppError('internal', 'the candidate was not loaded');
          const [latency, opponentLatency] = await latencies(dependencies, contestants, { images: test, signal });
          if (latency === undefined) throw new AppError('internal', 'the latency was not measured');

          const total = test.length + (compared?.images.length ?? 0);
          const onProgress = progressOf(reporter, total);
          const mine = await predict(dependencies, candidate, { images: test, datasetVersion, signal, onProgress });
          const metrics = computeMetrics({ predictions: mine.predictions, labels });

          let championReport: Evaluation['champion'] = null;
          if (comparable !== null && compared !== null && opponent !== undefined && opponentLatency !== undefined) {
            const theirs = await predict(dependencies, opponent, {
              images: compared.images,
              datasetVersion,
              signal,
              onProgress: (done) => onProgress(test.length + done),
            });
            const judged = new Set(compared.images.map(({ sha256 }) => sha256));
            championReport = {
              version: comparable.version,
              generation: comparable.generation,
              artifactDigest: comparable.artifactDigest,
              metrics: computeMetrics({ predictions: theirs.predictions, labels: comparable.signature.labels }),
              latency: opponentLatency,
              paired: pairPredictions({
                candidate: mine.predictions.filter(({ sha256 }) => judged.has(sha256)),
                champion: theirs.predictions,
                labels,
                alpha: gate.alpha,
              }),
              seenInTraining: compared.seenInTraining,
              newLabels: [...compared.newLabels],
              predictionsDigest: theirs.digest,
            };
          }

          const verdict = judge({
            policy: gate,
            metrics,
            latency,
            sizeBytes: artifact.sizeBytes,
            paired: championReport?.paired ?? null,
          });
          const earlierLooks = await countEarlierLooks({
            versions: await earlierVersions(registry, modelName),
            runId,
            datasetVersion,
            test,
            blobs,
          });
          const report = await writeDocument(blobs, evaluationSchema, {
            schemaVersion: 'evaluation.v1',
            artifactDigest: artifact.digest,
            sizeBytes: artifact.sizeBytes,
            datasetVersion,
            split: 'test',
            labels,
            metrics,
            latency,
            predictionsDigest: mine.digest,
            champion: championReport,
            earlierLooks,
            gate: verdict,
          });
          const document = async (kind: Artifact['kind'], variant: string, digest: Digest): Promise<Artifact> => ({
            kind,
            variant,
            digest,
            sizeBytes: (await blobs.get(digest)).byteLength,
            mediaType: 'application/json',
          });
          const artifacts = [
            await document('evaluation', '', report),
            await document('predictions', '', mine.digest),
            ...(championReport === null
              ? []
              : [await document('predictions', 'champion', championReport.predictionsDigest)]),
          ];
          return {
            result: { report, verdict: verdict.verdict, artifacts },
            data: {
              verdict: verdict.verdict,
              images: metrics.images,
              accuracy: metrics.accuracy.value,
              latencyP50Ms: latency.p50Ms,
              compared: championReport?.paired.images ?? 0,
              seenInTraining: championReport?.seenInTraining ?? 0,
              championAccuracy: championReport?.metrics.accuracy.value ?? null,
              championLatencyP50Ms: championReport?.latency.p50Ms ?? null,
              earlierLooks,
            },
          };
        } finally {
          await Promise.all(contestants.map(({ runtime }) => runtime.dispose()));
        }
      }),
    );
  };

/**
 * Evaluates the exported artifact, byte for byte what would be served, on the test split; pairs it with the champion on
 * the images that both can be judged by; and lets the gate judge.
 */
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  AppError,
  evaluateModelInputSchema,
  evaluationSchema,
  signatureSchema,
  toAppError,
  type Artifact,
  type Digest,
  type EvaluateActivities,
  type EvaluatedModel,
  type EvaluateModelInput,
  type Evaluation,
  type ManifestImage,
  type ModelVersion,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { computeMetrics, judge } from '@graft/evaluation';
import { whileBeating } from '@graft/platform/temporal';
import { imagesOfSplit } from '../dataset-images.js';
import type { TrainerDependencies } from '../dependencies.js';
import { createProgressMeter } from '../progress-meter.js';
import { reportStage, type StageReporter } from '../stage-reporter.js';
import { compareWithChampion, findOpponent } from './champion-comparison.js';
import { loadContestant, measureLatencies, predict, type Contestant } from './contestant.js';
import { countEarlierLooks } from './count-earlier-looks.js';

export type EvaluateDependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'logger' | 'scope' | 'machine'>;

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

const readTestImages = async (
  { blobs }: Pick<EvaluateDependencies, 'blobs'>,
  datasetVersion: Digest,
): Promise<ManifestImage[]> => {
  const test = imagesOfSplit((await readDatasetVersion(blobs, datasetVersion)).images, 'test');
  if (test.length > 0) return test;
  throw new AppError(
    'dataset_unfit',
    `dataset version ${datasetVersion} has no test image to evaluate on; land more images, or raise testShare`,
  );
};

type Report = Omit<Evaluation, 'schemaVersion' | 'gate' | 'earlierLooks'>;

/** Everything that is measured: the candidate's part, and the champion's where there is one. */
const measure = async (
  dependencies: EvaluateDependencies,
  input: EvaluateModelInput,
  options: { test: readonly ManifestImage[]; reporter: StageReporter; signal: AbortSignal },
): Promise<Report> => {
  const { model: artifact, modelName, datasetVersion, champion, gate } = input;
  const { test, reporter, signal } = options;
  const signature = await readDocument(dependencies.blobs, signatureSchema, input.signature);
  const { labels } = signature;
  const opponent =
    champion === null ? null : await findOpponent(dependencies, { champion, model: modelName, test, labels });

  const loaded: Contestant[] = [];
  const load = async (contestant: Omit<Contestant, 'runtime'>): Promise<Contestant> => {
    const one = await loadContestant(dependencies, contestant);
    loaded.push(one);
    return one;
  };
  try {
    const candidate = await load({ artifactDigest: artifact.digest, signature });
    const rival =
      opponent === null
        ? null
        : await load({ artifactDigest: opponent.champion.artifactDigest, signature: opponent.signature });
    const [latency, rivalLatency] = await measureLatencies(dependencies, loaded, { images: test, signal });
    if (latency === undefined) throw new AppError('internal', 'the latency was not measured');

    const onProgress = progressOf(reporter, test.length + (opponent?.images.length ?? 0));
    const mine = await predict(dependencies, candidate, { images: test, datasetVersion, signal, onProgress });
    const { predictions } = mine;
    return {
      artifactDigest: artifact.digest,
      sizeBytes: artifact.sizeBytes,
      datasetVersion,
      split: 'test',
      labels,
      metrics: computeMetrics({ predictions, labels }),
      latency,
      predictionsDigest: mine.digest,
      champion:
        opponent === null || rival === null || rivalLatency === undefined
          ? null
          : await compareWithChampion(dependencies, {
              opponent,
              contestant: rival,
              latency: rivalLatency,
              predictions,
              labels,
              alpha: gate.alpha,
              datasetVersion,
              signal,
              onProgress: (done) => onProgress(test.length + done),
            }),
    };
  } finally {
    await Promise.all(loaded.map(({ runtime }) => runtime.dispose()));
  }
};

/** The report and the predictions it rests on, as artifacts of the version. */
const artifactsOf = async (
  { blobs }: Pick<EvaluateDependencies, 'blobs'>,
  report: Digest,
  { predictionsDigest, champion }: Evaluation,
): Promise<Artifact[]> => {
  const document = async (kind: Artifact['kind'], variant: string, digest: Digest): Promise<Artifact> => ({
    kind,
    variant,
    digest,
    sizeBytes: (await blobs.get(digest)).byteLength,
    mediaType: 'application/json',
  });
  return [
    await document('evaluation', '', report),
    await document('predictions', '', predictionsDigest),
    ...(champion === null ? [] : [await document('predictions', 'champion', champion.predictionsDigest)]),
  ];
};

/** The facts of a report that a run's list of stages shows. */
const summaryOf = ({ metrics, latency, champion, gate, earlierLooks }: Evaluation) => ({
  verdict: gate.verdict,
  images: metrics.images,
  accuracy: metrics.accuracy.value,
  latencyP50Ms: latency.p50Ms,
  compared: champion?.paired.images ?? 0,
  seenInTraining: champion?.seenInTraining ?? 0,
  championAccuracy: champion?.metrics.accuracy.value ?? null,
  championLatencyP50Ms: champion?.latency.p50Ms ?? null,
  earlierLooks,
});

export const createEvaluateModel =
  (dependencies: EvaluateDependencies): EvaluateActivities['evaluateModel'] =>
  (unchecked) => {
    const input = evaluateModelInputSchema.parse(unchecked);
    const { runId, model: artifact, modelName, datasetVersion, gate: policy } = input;
    const { registry, blobs, logger } = dependencies;
    const scope = dependencies.scope();
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'evaluate' }, async (reporter) => {
        const test = await readTestImages(dependencies, datasetVersion);
        const measured = await measure(dependencies, input, { test, reporter, signal: scope.signal });
        const { metrics, latency, champion } = measured;
        const evaluation: Evaluation = {
          schemaVersion: 'evaluation.v1',
          ...measured,
          earlierLooks: await countEarlierLooks({
            versions: await earlierVersions(registry, modelName),
            runId,
            datasetVersion,
            test,
            blobs,
          }),
          gate: judge({
            policy,
            metrics,
            latency,
            sizeBytes: artifact.sizeBytes,
            paired: champion?.paired ?? null,
          }),
        };
        const report = await writeDocument(blobs, evaluationSchema, evaluation);
        const result: EvaluatedModel = {
          report,
          verdict: evaluation.gate.verdict,
          artifacts: await artifactsOf(dependencies, report, evaluation),
        };
        return { result, data: summaryOf(evaluation) };
      }),
    );
  };

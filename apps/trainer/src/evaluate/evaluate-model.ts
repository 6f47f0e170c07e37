/**
 * Evaluates the exported artifact, byte for byte what would be served, on the test split; pairs it with the champion on
 * the images that both can be judged by; and lets the gate judge.
 */
import { writeDocument } from '@graft/artifacts';
import {
  AppError,
  evaluateModelInputSchema,
  evaluationSchema,
  toAppError,
  type Artifact,
  type Digest,
  type EvaluateActivities,
  type EvaluatedModel,
  type Evaluation,
  type ManifestImage,
  type ModelVersion,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { judge } from '@graft/evaluation';
import { whileBeating } from '@graft/platform/temporal';
import { imagesOfSplit } from '../dataset-images.js';
import type { TrainerDependencies } from '../dependencies.js';
import { reportStage } from '../stage-reporter.js';
import { countEarlierLooks } from './count-earlier-looks.js';
import { measureCandidate } from './measure-candidate.js';

export type EvaluateDependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'logger' | 'scope' | 'machine'>;

/** None where this run's version will be the model's first. */
const earlierVersions = (registry: EvaluateDependencies['registry'], model: string): Promise<ModelVersion[]> =>
  registry.listModelVersions(model).catch((thrown: unknown) => {
    if (toAppError(thrown).code === 'not_found') return [];
    throw thrown;
  });

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

/** The report and the predictions it rests on, as artifacts of the version. */
const artifactsOf = async (
  { blobs }: Pick<EvaluateDependencies, 'blobs'>,
  report: Digest,
  { variant, predictionsDigest, champion }: Evaluation,
): Promise<Artifact[]> => {
  const document = async (kind: Artifact['kind'], variant: string, digest: Digest): Promise<Artifact> => ({
    kind,
    variant,
    digest,
    sizeBytes: (await blobs.get(digest)).byteLength,
    mediaType: 'application/json',
  });
  return [
    await document('evaluation', variant, report),
    await document('predictions', variant, predictionsDigest),
    ...(champion === null ? [] : [await document('predictions', 'champion', champion.predictionsDigest)]),
  ];
};

/** The facts of a report that a run's list of stages shows. */
const summaryOf = ({ variant, metrics, latency, champion, original, gate, earlierLooks }: Evaluation) => ({
  variant,
  verdict: gate.verdict,
  images: metrics.images,
  accuracy: metrics.accuracy.value,
  latencyP50Ms: latency.p50Ms,
  compared: champion?.paired.images ?? 0,
  seenInTraining: champion?.seenInTraining ?? 0,
  championAccuracy: champion?.metrics.accuracy.value ?? null,
  championLatencyP50Ms: champion?.latency.p50Ms ?? null,
  originalAccuracy: original?.accuracy.value ?? null,
  originalLatencyP50Ms: original?.latency.p50Ms ?? null,
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
        const measured = await measureCandidate(dependencies, input, { test, reporter, signal: scope.signal });
        const { metrics, latency, champion, original } = measured;
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
            original: original === null ? null : { name: original.variant, paired: original.paired },
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

/**
 * Decides what a run trains and how, before anything is computed: training-plan.v1, with its reasons. For `auto` it looks at a
 * few training images through the pre-trained network first; otherwise no weights are needed.
 */
import { readDocument, readFromBuckets, writeDocument } from '@graft/artifacts';
import {
  planTrainingInputSchema,
  quarantineSchema,
  trainingPlanSchema,
  type DatasetRoot,
  type Digest,
  type EmbedActivities,
  type ManifestImage,
  type Pipeline,
} from '@graft/contracts';
import { checkLeakage, checkTrainable, readDatasetVersion } from '@graft/data';
import {
  describeNetwork,
  loadCheckpoint,
  measureEvidence,
  planTraining,
  spreadSample,
  weightsOf,
  type DatasetSummary,
  type Evidence,
} from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import { imagesOfSplit } from '../dataset-images.js';
import type { TrainerDependencies } from '../dependencies.js';
import { reportStage } from '../stage-reporter.js';
import { checkPrunable } from './check-prunable.js';

export type PlanTrainingDependencies = Pick<
  TrainerDependencies,
  'registry' | 'blobs' | 'logger' | 'scope' | 'bucket' | 'cacheDir'
>;

type PipelineTrain = Pipeline['train'];

/** Enough to tell a photo album from a drawing book, and a few seconds of one CPU. */
const EVIDENCE_IMAGES = 256;
/** Of the sample, not of the training: another `train.seed` is no reason to look at other images. */
const SAMPLE_SEED = 0;

const summaryOf = (root: DatasetRoot, images: readonly ManifestImage[]): DatasetSummary => {
  const labels = root.labels.map((label) => ({ label, train: 0, val: 0, test: 0 }));
  const byName = new Map(labels.map((counts) => [counts.label, counts]));
  for (const { label, split } of images) {
    const counts = byName.get(label);
    if (counts) counts[split] += 1;
  }
  return { name: root.dataset, labels, images: images.length };
};

const lookAtImages = async (
  { blobs, bucket, cacheDir }: PlanTrainingDependencies,
  options: {
    readonly train: PipelineTrain;
    readonly root: DatasetRoot;
    readonly images: readonly ManifestImage[];
    readonly signal: AbortSignal;
    readonly onProgress: (step: number, total: number) => void;
  },
): Promise<Evidence> => {
  const { train, root, images, signal, onProgress } = options;
  const backbone = describeNetwork(train.backbone);
  const { reference, expectedDigest } = weightsOf(backbone, train.weights);
  const { checkpoint } = await loadCheckpoint(reference, {
    cacheDir,
    expectedDigest,
    objects: readFromBuckets(bucket),
  });
  const classes = new Map(root.labels.map((label, at) => [label, at]));
  const sample = spreadSample(imagesOfSplit(images, 'train'), {
    labelOf: ({ label }) => label,
    limit: EVIDENCE_IMAGES,
    seed: SAMPLE_SEED,
  }).flatMap(({ sha256, label }) => {
    const known = classes.get(label);
    return known === undefined ? [] : [{ image: sha256, label: known }];
  });
  return measureEvidence({
    backbone,
    checkpoint,
    inputSize: train.inputSize ?? backbone.inputSize,
    images: sample,
    classes: root.labels.length,
    load: (sha256) => blobs.get(sha256),
    signal,
    onProgress: (done) => onProgress(done, sample.length),
  });
};

/** By the policy as it is now: a person may have changed it since the version was made. */
const refuseLeakage = async (
  { registry, blobs }: Pick<PlanTrainingDependencies, 'registry' | 'blobs'>,
  datasetVersion: Digest,
): Promise<void> => {
  const version = await registry.getDatasetVersion(datasetVersion);
  if (version.leaks === 0 || version.quarantine === null) return;
  const { policy } = await registry.getDataset(version.dataset);
  if (policy.onLeakage !== 'block') return;
  checkLeakage(version, (await readDocument(blobs, quarantineSchema, version.quarantine)).entries);
};

/** @throws AppError `dataset_unfit`, `refused` by a guard rail, and whatever keeps weights or images from being read. */
export const createPlanTraining =
  (dependencies: PlanTrainingDependencies): EmbedActivities['planTraining'] =>
  (input) => {
    const { runId, datasetVersion, train, variants } = planTrainingInputSchema.parse(input);
    const { registry, blobs, logger } = dependencies;
    const scope = dependencies.scope();
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'plan' }, async (reporter) => {
        const { root, images } = await readDatasetVersion(blobs, datasetVersion);
        checkTrainable({ root, images });
        await refuseLeakage(dependencies, datasetVersion);
        const evidence =
          train.strategy === 'auto'
            ? await lookAtImages(dependencies, {
                train,
                root,
                images,
                signal: scope.signal,
                onProgress: (step, total) => reporter.progress({ step, total }),
              })
            : null;
        const plan = planTraining({
          network: describeNetwork(train.backbone),
          train,
          dataset: summaryOf(root, images),
          evidence,
        });
        checkPrunable(plan, variants, root.labels.length);
        const digest = await writeDocument(blobs, trainingPlanSchema, plan);
        for (const warning of plan.warnings) await reporter.warning(warning);
        const { strategy, cut, trainedParameters, frozenParameters } = plan;
        return {
          result: { plan: digest },
          data: {
            strategy,
            cut,
            trainedParameters,
            frozenParameters,
            familiarity: evidence?.familiarity ?? null,
            separability: evidence?.separability ?? null,
          },
          // A line each.
          message: plan.reasons.join('\n'),
        };
      }),
    );
  };

/**
 * Narrows what a training ended with, and plans the training that makes up for it. The same input gives the same plan on the
 * same kind of machine: which channels go depends on the weights and on a sample of the training images.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDocument } from '@graft/artifacts';
import {
  planPruningInputSchema,
  trainingPlanSchema,
  type Digest,
  type PlanPruningInput,
  type TrainActivities,
  type TrainingPlan,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import {
  describeNetwork,
  planRecovery,
  spreadSample,
  TEACHER_WEIGHT,
  wholeTrainedNetwork,
  writeTrainedWeights,
} from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import { imagesOfSplit } from '../dataset-images.js';
import { readEmbedder } from '../embed/complete-features.js';
import { embedderWeights } from '../embed/embedder-weights.js';
import { reportStage, type StageReporter } from '../stage-reporter.js';
import { withJobFolder } from '../train/job-folder.js';
import { trainingProcessOf, type TrainModelDependencies } from '../train/prepare-job.js';
import { readTrained, type Trained } from '../train/read-trained.js';
import { superviseTraining } from '../train/supervise-training.js';
import { JOB_FILES, pruningOutcomeSchema } from '../train/training-protocol.js';
import { withLabelIndices, writeImages, writeJob } from '../train/write-job.js';

/** Scores of channels settle within some hundreds of images. */
const SCORING_IMAGES = 256;
/** Of the sample: another training of the same images prunes alike. */
const SAMPLE_SEED = 0;

/** Prunes in a process of its own, as training is done: it computes gradients. */
const prune = async (
  dependencies: TrainModelDependencies,
  input: PlanPruningInput,
  options: { readonly trained: Trained; readonly reporter: StageReporter; readonly signal: AbortSignal },
): Promise<NonNullable<TrainingPlan['pruning']>> => {
  const { blobs, machine } = dependencies;
  const { trained, reporter, signal } = options;
  const { plan, labels, network } = trained;
  const frozen = plan.learnsFromActivations
    ? (await embedderWeights(plan, describeNetwork(plan.backbone), dependencies)).checkpoint
    : null;
  const whole = wholeTrainedNetwork({ plan, classes: labels.length, trained: network.weights, frozen });
  const { preprocessing } = await readEmbedder(blobs, input.embedder);
  const { images } = await readDatasetVersion(blobs, input.datasetVersion);
  const sample = spreadSample(imagesOfSplit(images, 'train'), {
    ...{ labelOf: ({ label }: { label: string }) => label, limit: SCORING_IMAGES, seed: SAMPLE_SEED },
  });
  return withJobFolder(async (folder) => {
    const metadata = { plan: input.plan, trained: input.trained };
    const weightsPath = join(folder, JOB_FILES.whole);
    const wholeBytes = writeTrainedWeights({ ...whole, metadata });
    await writeFile(weightsPath, wholeBytes);
    const none = { kind: 'images' as const, images: [], labels: [] };
    await writeJob(folder, {
      prune: { macsShare: input.macsShare },
      // Of the whole network, on images.
      plan: { ...plan, strategy: 'full', learnsFromActivations: false, settings: { ...plan.settings, augment: null } },
      classes: labels.length,
      preprocessing,
      train: await writeImages({ folder, images: withLabelIndices(sample, labels), blobs, signal }),
      validation: none,
      comparison: none,
      weightsPath,
      teacherPath: null,
      cpuClass: machine.cpuClass,
      checkpointSeconds: 0,
      keepBytes: 0,
      metadata,
    });
    await superviseTraining({
      ...trainingProcessOf(dependencies),
      folder,
      signal,
      onRestart: (message) => void reporter.warning(message),
      onNews: (news) => {
        if (news.type === 'scored') reporter.progress({ step: news.done, total: news.total });
      },
    });
    const outcome = pruningOutcomeSchema.parse(JSON.parse(await readFile(join(folder, JOB_FILES.outcome), 'utf8')));
    const keep = (bytes: Uint8Array): Promise<Digest> => blobs.put(bytes, { mediaType: 'application/vnd.safetensors' });
    return {
      ...outcome,
      weights: await keep(await readFile(join(folder, JOB_FILES.pruned))),
      teacher: { weights: await keep(wholeBytes), weight: TEACHER_WEIGHT },
    };
  });
};

/** @throws AppError `invalid_request` where so much can't go, with what can; and as `readTrained` and training do. */
export const createPlanPruning =
  (dependencies: TrainModelDependencies): TrainActivities['planPruning'] =>
  (raw) => {
    const input = planPruningInputSchema.parse(raw);
    const { registry, blobs, logger } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId: input.runId, stage: 'prune' }, async (reporter) => {
        const trained = await readTrained(blobs, input);
        const { plan, labels } = trained;
        const pruning = await prune(dependencies, input, { trained, reporter, signal });
        const recovery = planRecovery(plan, pruning, labels.length);
        return {
          result: { plan: await writeDocument(blobs, trainingPlanSchema, recovery) },
          data: {
            asked: input.macsShare,
            macsShare: pruning.macsShare,
            parameters: recovery.trainedParameters,
            parametersBefore: plan.trainedParameters + plan.frozenParameters,
            narrowed: Object.keys(pruning.channels).length,
          },
          message: recovery.reasons.join('\n'),
        };
      }),
    );
  };

/** Plans as `planTraining` writes them, for tests of what comes after it. */
import { writeDocument } from '@graft/artifacts';
import { trainingPlanSchema, type BlobStore, type Digest, type TrainingPlan } from '@graft/contracts';
import { findArchitecture } from '@graft/models';
import { SETTINGS } from './training-job.js';

const lite0 = findArchitecture('efficientnet_lite0');

/** A classifier on EfficientNet-lite0's pooled vectors at its own size; and its last stages, on maps of small images. */
export const HEAD_PLAN: TrainingPlan = {
  schemaVersion: 'training-plan.v1',
  backbone: 'efficientnet_lite0.in1k',
  weights: null,
  inputSize: 224,
  strategy: 'head',
  embedder: 'fp32',
  pruning: null,
  cut: lite0.cut,
  learnsFromActivations: true,
  trainedParameters: 3 * 1280 + 3,
  frozenParameters: 3_371_024,
  settings: SETTINGS,
  reasons: [],
  warnings: [],
};
export const PARTIAL_PLAN: TrainingPlan = {
  ...HEAD_PLAN,
  strategy: 'partial',
  inputSize: 64,
  cut: lite0.freezePoints.at(-3) ?? '',
};

export const writePlan = (blobs: BlobStore, plan: TrainingPlan): Promise<Digest> =>
  writeDocument(blobs, trainingPlanSchema, plan);

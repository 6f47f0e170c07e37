/** The trainer's activities, by the queue they run on. */
import type { EmbedActivities, EvaluateActivities, TrainActivities } from '@graft/contracts';
import { createClassifyPart } from './classify/classify-part.js';
import { createActivationCaches, type TrainerDependencies } from './dependencies.js';
import { createEmbedChunk } from './embed/embed-chunk.js';
import { createPlanEmbedding } from './embed/plan-embedding.js';
import { createPrepareEmbedder } from './embed/prepare-embedder.js';
import { createEvaluateModel } from './evaluate/evaluate-model.js';
import { createPlanTraining } from './plan/plan-training.js';
import { createPlanPruning } from './prune/plan-pruning.js';
import { createQuantizeModel } from './quantize/quantize-model.js';
import { createCompareForm } from './reproduce/compare-form.js';
import { createRecomputeActivations } from './reproduce/recompute-activations.js';
import { createJudgeFinalists } from './select/judge-finalists.js';
import { createMeasureBackbones } from './select/measure-backbones.js';
import { createProbeBackbone } from './select/probe-backbone.js';
import { createExportModel } from './train/export-model.js';
import { createMeasureDrift } from './train/measure-drift.js';
import { createTrainModel } from './train/train-model.js';

export interface TrainerActivities {
  readonly embed: EmbedActivities;
  readonly train: TrainActivities;
  readonly evaluate: EvaluateActivities;
}

export interface TrainerHooks {
  /** Told how many images a chunk embedded: for metrics. */
  readonly onEmbedded?: (images: number) => void;
  /** Told the id of a training process that was started. */
  readonly onTrainingProcess?: (pid: number) => void;
}

export const createTrainerActivities = (
  dependencies: TrainerDependencies,
  hooks: TrainerHooks = {},
): TrainerActivities => {
  const cacheOf = createActivationCaches(dependencies);
  const all = { ...dependencies, ...hooks, cacheOf };
  return {
    embed: {
      planTraining: createPlanTraining(all),
      prepareEmbedder: createPrepareEmbedder(all),
      planEmbedding: createPlanEmbedding(all),
      embedChunk: createEmbedChunk(all),
      probeBackbone: createProbeBackbone(all),
      recomputeActivations: createRecomputeActivations(all),
    },
    train: {
      measureDrift: createMeasureDrift(all),
      trainModel: createTrainModel(all),
      exportModel: createExportModel(all),
      planPruning: createPlanPruning(all),
      quantizeModel: createQuantizeModel(all),
    },
    evaluate: {
      evaluateModel: createEvaluateModel(all),
      measureBackbones: createMeasureBackbones(all),
      judgeFinalists: createJudgeFinalists(all),
      compareForm: createCompareForm(all),
      classifyPart: createClassifyPart(all),
    },
  };
};

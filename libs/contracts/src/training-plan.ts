/** training-plan.v1: what a run trains and how, decided before anything is computed, with the reasons for a person. */
import { z } from 'zod';
import { digestSchema } from './digest.js';
import { STRATEGIES } from './pipeline.js';

const decidedStrategySchema = z.enum(STRATEGIES).exclude(['auto']);
export type Strategy = z.infer<typeof decidedStrategySchema>;

/** Everything that decides a training's steps; nothing is left to a default. Units and meanings as in the pipeline's `train`. */
export const trainingSettingsSchema = z.object({
  epochs: z.int().min(1),
  batchSize: z.int().min(1),
  optimizer: z.enum(['adamw', 'sgd']),
  momentum: z.number().min(0).lt(1),
  learningRate: z.number().positive(),
  warmUp: z.number().min(0).max(0.5),
  layerDecay: z.number().gt(0).max(1),
  weightDecay: z.number().min(0),
  labelSmoothing: z.number().min(0).max(0.5),
  classWeights: z.enum(['none', 'balanced']),
  clipNorm: z.number().positive().nullable(),
  averageDecay: z.number().gt(0).lt(1).nullable(),
  batchNorm: z.enum(['frozen', 'batch']),
  /** Null where training sees activations, not images. */
  augment: z.object({ flip: z.boolean(), minCropShare: z.number().gt(0).max(1), colour: z.number().min(0) }).nullable(),
  /** `auto` is resolved by the machine that trains; the history says which it was. */
  precision: z.enum(['auto', 'float32', 'bfloat16']),
  patience: z.int().min(1),
  /** Whose weights are kept: the epoch's with the least val loss, which `patience` waits for, or the last one's. */
  keeps: z.enum(['best', 'last']).default('best'),
  seed: z.int().min(0),
});
export type TrainingSettings = z.infer<typeof trainingSettingsSchema>;

export const trainingPlanSchema = z.object({
  schemaVersion: z.literal('training-plan.v1'),
  /** The backbone's full name (`architecture.tag`), or the architecture's. */
  backbone: z.string(),
  /** Where the weights come from, as the pipeline says it; null: the catalog's own. */
  weights: z.string().nullable(),
  inputSize: z.int().min(8).max(2048),
  strategy: decidedStrategySchema,
  /** What the frozen part is computed in. */
  embedder: z.enum(['fp32', 'int8']).default('fp32'),
  /**
   * Of a network that is trained again after pruning: what its weights are taken from, and how many output channels remain
   * of each convolution that lost some. Null: the whole network.
   */
  pruning: z
    .object({
      /** Of the safetensors file with the pruned network's weights. */
      weights: digestSchema,
      /** The whole network, whose features the pruned one is to keep: its weights' file, and what that counts beside the labels. */
      teacher: z.object({ weights: digestSchema, weight: z.number().positive() }),
      channels: z.record(z.string(), z.int().min(1)),
      /** Share of the multiply-accumulates that remain. */
      macsShare: z.number().gt(0).lt(1),
    })
    .nullable()
    .default(null),
  /** The layer whose output is embedded and cached. `head` and `partial` train what comes after it. */
  cut: z.string(),
  /** Whether training reads cached activations at the cut; else it reads images, and activations serve drift alone. */
  learnsFromActivations: z.boolean(),
  /** Learned parameters that train and that stay as they are, the new classifier included. */
  trainedParameters: z.int().min(1),
  frozenParameters: z.int().min(0),
  settings: trainingSettingsSchema,
  /** Why this strategy, for a person. */
  reasons: z.array(z.string()),
  /** What a practitioner would worry about, for a person. */
  warnings: z.array(z.string()),
});
export type TrainingPlan = z.infer<typeof trainingPlanSchema>;

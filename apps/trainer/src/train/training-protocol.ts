/**
 * What the trainer and its training process say to each other: one job in a folder, and messages over the IPC channel.
 * Tensors go through files, as safetensors.
 */
import { z } from 'zod';
import { ERROR_CODES, pipelineTrainSchema, type ErrorCode } from '@graft/contracts';

/** Files of a job's folder. */
export const JOB_FILES = {
  job: 'job.json',
  features: 'features.safetensors',
  head: 'head.safetensors',
  outcome: 'outcome.json',
} as const;

/** Tensors of the features file: rows are images, labels are class indices. */
export const FEATURE_TENSORS = {
  trainFeatures: 'train.features',
  trainLabels: 'train.labels',
  valFeatures: 'val.features',
  valLabels: 'val.labels',
} as const;

export const trainingJobSchema = z.object({
  config: pipelineTrainSchema,
  featureLength: z.int().min(1),
  classes: z.int().min(1),
});
export type TrainingJob = z.infer<typeof trainingJobSchema>;

export const epochSchema = z.object({
  epoch: z.int().min(1),
  loss: z.number(),
  valLoss: z.number().nullable(),
  accuracy: z.number().nullable(),
});
export type Epoch = z.infer<typeof epochSchema>;

/** What the process leaves beside the head. */
export const trainingOutcomeSchema = z.object({
  bestEpoch: z.int().min(0),
  epochs: z.array(epochSchema),
  tensorflow: z.string(),
});
export type TrainingOutcome = z.infer<typeof trainingOutcomeSchema>;

export const trainingMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('epoch'), ...epochSchema.shape }),
  z.object({ type: z.literal('done') }),
  z.object({
    type: z.literal('failed'),
    code: z.enum(ERROR_CODES as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
]);
export type TrainingMessage = z.infer<typeof trainingMessageSchema>;

/**
 * What the trainer and its training process say to each other: one job in a folder, and messages over the IPC channel.
 * Whatever is large goes through files of the folder.
 */
import { z } from 'zod';
import {
  digestSchema,
  ERROR_CODES,
  historySchema,
  preprocessingSchema,
  trainingPlanSchema,
  type ErrorCode,
} from '@graft/contracts';

/** Files of a job's folder. */
export const JOB_FILES = {
  job: 'job.json',
  /** Files named by their sha256. */
  images: 'images',
  /** A whole trained network: what is pruned, and then teaches what is left of it. */
  whole: 'whole.safetensors',
  /** What pruning left of it: what its recovery starts from. */
  pruned: 'pruned.safetensors',
  trained: 'trained.safetensors',
  outcome: 'outcome.json',
} as const;

/** Class indices, one for each example. */
const classIndicesSchema = z.array(z.int().min(0));

export const jobExamplesSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('activations'),
    /** Name in the job's folder. */
    file: z.string(),
    /** Of one row: [channels, height, width] or [length]. */
    shape: z.array(z.int().min(1)).min(1).max(3),
    storage: z.enum(['float32', 'float16']),
    labels: classIndicesSchema,
  }),
  z.object({ kind: z.literal('images'), images: z.array(digestSchema), labels: classIndicesSchema }),
]);
export type JobExamples = z.infer<typeof jobExamplesSchema>;

export const trainingJobSchema = z.object({
  /** Of a job that prunes the plan's network instead of training it; null: it trains. */
  prune: z.object({ macsShare: z.number().gt(0).lt(1) }).nullable(),
  plan: trainingPlanSchema,
  classes: z.int().min(1),
  preprocessing: preprocessingSchema,
  train: jobExamplesSchema,
  validation: jobExamplesSchema,
  comparison: jobExamplesSchema,
  /** The checkpoint of pre-trained weights, or the pruned network's, or the one to prune; null where none is needed. */
  weightsPath: z.string().nullable(),
  /** Of a recovery: the weights of the whole network, which teaches; null: nobody does. */
  teacherPath: z.string().nullable(),
  /** As `detectCpuClass` names it: it decides the precision. */
  cpuClass: z.string(),
  checkpointSeconds: z.number().min(0),
  /** Decoded pixels of evaluated views that are kept in memory, bytes, in all. */
  keepBytes: z.int().min(0),
  /** Written into the file of trained weights. */
  metadata: z.record(z.string(), z.string()),
});
export type TrainingJob = z.infer<typeof trainingJobSchema>;

export const epochSchema = historySchema.shape.epochs.element;
export type Epoch = z.infer<typeof epochSchema>;

/** What the process leaves beside the trained weights. */
export const trainingOutcomeSchema = historySchema
  .pick({ bestEpoch: true, stoppedBy: true, precision: true, microBatch: true, epochs: true })
  .extend({ tensorflow: z.string(), comparisonLogits: z.array(z.array(z.number())) });
export type TrainingOutcome = z.infer<typeof trainingOutcomeSchema>;

/** What a job that prunes leaves beside the weights. */
export const pruningOutcomeSchema = z.object({
  channels: z.record(z.string(), z.int().min(1)),
  macsShare: z.number().gt(0).lt(1),
});

const finite = z.number();

export const trainingMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('step'),
    step: z.int().min(0),
    steps: z.int().min(1),
    epoch: z.int().min(1),
    loss: finite,
    imagesPerSecond: finite.min(0),
  }),
  z.object({ type: z.literal('epoch'), ...epochSchema.shape }),
  z.object({
    type: z.literal('checkpoint'),
    step: z.int().min(0),
    /** Of the bytes of `checkpointFile(step)`. */
    digest: digestSchema,
  }),
  /** Of a job that prunes: training examples whose gradients are taken. */
  z.object({ type: z.literal('scored'), done: z.int().min(0), total: z.int().min(1) }),
  z.object({ type: z.literal('warning'), message: z.string() }),
  z.object({ type: z.literal('done') }),
  z.object({
    type: z.literal('failed'),
    code: z.enum(ERROR_CODES as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
]);
export type TrainingMessage = z.infer<typeof trainingMessageSchema>;
export type TrainingEnding = Extract<TrainingMessage, { type: 'done' | 'failed' }>;
export type TrainingNews = Exclude<TrainingMessage, TrainingEnding>;

const CHECKPOINT_FILE = /^checkpoint-(\d+)\.safetensors$/;

/** Name, in the job's folder, of the checkpoint after so many steps. Only whole files have such a name. */
export const checkpointFile = (step: number): string => `checkpoint-${step}.safetensors`;

/** The step of the newest checkpoint among a folder's files; null where there is none. */
export const newestCheckpoint = (files: readonly string[]): number | null => {
  const steps = files.flatMap((file) => {
    const step = CHECKPOINT_FILE.exec(file)?.[1];
    return step === undefined ? [] : [Number(step)];
  });
  return steps.length === 0 ? null : Math.max(...steps);
};

/** Runs and run-event.v1: what a retraining is doing, told as it goes. */
import { z } from 'zod';
import { digestSchema, nameSchema, timestampSchema, type Digest } from './digest.js';

/**
 * `probe` judges frozen features for a selection, `prune` narrows a trained network, `recover` trains what is left of it,
 * `quantize` makes a form in eight bits.
 */
export const RUN_STAGES = [
  'plan',
  'embedder',
  'embed',
  'probe',
  'drift',
  'train',
  'export',
  'prune',
  'recover',
  'quantize',
  'evaluate',
  'register',
] as const;
export const runStageSchema = z.enum(RUN_STAGES);
export type RunStage = z.infer<typeof runStageSchema>;

/** What a worker posts; the registry adds the sequence number and the time. */
export const newRunEventSchema = z
  .object({
    schemaVersion: z.literal('run-event.v1'),
    stage: runStageSchema,
    kind: z.enum(['started', 'progress', 'finished', 'warning', 'failed']),
    /** Done so far and the total, in the stage's own unit (images, training steps, folds). */
    step: z.int().min(0).optional(),
    total: z.int().min(0).optional(),
    loss: z.number().optional(),
    valLoss: z.number().optional(),
    accuracy: z.number().optional(),
    imagesPerSecond: z.number().min(0).optional(),
    etaSeconds: z.number().min(0).optional(),
    seconds: z.number().min(0).optional(),
    message: z.string().max(2000).optional(),
    /** Of a finished stage: its facts (embedded, reused, …). */
    data: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])).optional(),
  })
  .meta({ id: 'NewRunEvent' });
export type NewRunEvent = z.infer<typeof newRunEventSchema>;

export const runEventSchema = newRunEventSchema
  .extend({ runId: z.string(), seq: z.int().min(1), at: timestampSchema })
  .meta({ id: 'RunEvent' });
export type RunEvent = z.infer<typeof runEventSchema>;

/**
 * `requested`: asked for, its workflow not started yet; `cancelling`: called off, its workflow not ended yet; `skipped`: it found
 * that there was nothing to train for.
 */
export const RUN_STATES = [
  'requested',
  'running',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
] as const;
export const runStateSchema = z.enum(RUN_STATES);
export type RunState = z.infer<typeof runStateSchema>;

/** Where a training that is interrupted goes on from. */
export const checkpointRefSchema = z.object({
  /** Of the checkpoint's bytes. */
  digest: digestSchema,
  /** Of the training-plan.v1 it belongs to. */
  plan: digestSchema,
  /** Steps of the optimizer done. */
  step: z.int().min(0),
});
export type CheckpointRef = z.infer<typeof checkpointRefSchema>;

export const runSchema = z
  .object({
    id: z.string(),
    pipeline: nameSchema,
    pipelineDigest: digestSchema,
    trainDigest: digestSchema,
    datasetVersion: digestSchema,
    attempt: z.int().min(1),
    workflowId: z.string(),
    state: runStateSchema,
    /** The stage it is in, or ended in. */
    stage: runStageSchema.nullable(),
    /** Unique images of the dataset version whose features were computed by this run, and those found in the cache. */
    embedded: z.int().min(0).nullable(),
    reused: z.int().min(0).nullable(),
    /** Null before the first one, and once training is done. */
    checkpoint: checkpointRefSchema.nullable(),
    version: z.int().min(1).nullable(),
    /** Why it failed, was cancelled or was skipped. */
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    /** Who asked for it, and why; null where it started by itself. */
    asked: z.object({ by: z.string(), reason: z.string() }).nullable(),
    createdAt: timestampSchema,
    finishedAt: timestampSchema.nullable(),
  })
  .meta({ id: 'Run' });
export type Run = z.infer<typeof runSchema>;

/** Which runs are listed: all that fit each of what is given. */
export interface RunFilter {
  readonly pipeline?: string;
  readonly datasetVersion?: Digest;
  readonly state?: RunState;
  /** Made after this moment. */
  readonly since?: string;
  /** At most so many, the newest. */
  readonly limit?: number;
}

/** What identifies a run: asking for the same one twice gives the same run. */
export const newRunSchema = runSchema
  .pick({
    pipeline: true,
    pipelineDigest: true,
    trainDigest: true,
    datasetVersion: true,
    attempt: true,
    workflowId: true,
  })
  .meta({ id: 'NewRun' });
export type NewRun = z.infer<typeof newRunSchema>;

/** A person's or a program's request for a run of a pipeline. */
export const runRequestSchema = z
  .strictObject({
    /** Default: the dataset's latest version. */
    datasetVersion: digestSchema.optional(),
    /** Once more, where it has a run of that version already. */
    again: z.boolean().default(false),
    reason: z.string().trim().min(1).max(2000),
  })
  .meta({ id: 'RunRequest' });
export type RunRequest = z.input<typeof runRequestSchema>;

/** The answer to a request: its run, and whether that was made now or was there before. */
export const requestedRunSchema = z.object({ run: runSchema, created: z.boolean() }).meta({ id: 'RequestedRun' });
export type RequestedRun = z.infer<typeof requestedRunSchema>;

/** Whether it goes on: something works for it, is about to, or hasn't let go yet. */
export const isUnderWay = ({ state }: Pick<Run, 'state'>): boolean =>
  state === 'requested' || state === 'running' || state === 'cancelling';

/** A person's or a program's word that a run isn't wanted any more. */
export const runCancellationSchema = z
  .strictObject({ reason: z.string().trim().min(1).max(2000) })
  .meta({ id: 'RunCancellation' });
export type RunCancellation = z.infer<typeof runCancellationSchema>;

export const runPatchSchema = runSchema
  .pick({ state: true, stage: true, embedded: true, reused: true, checkpoint: true, version: true, error: true })
  .partial()
  .meta({ id: 'RunPatch' });
export type RunPatch = z.infer<typeof runPatchSchema>;

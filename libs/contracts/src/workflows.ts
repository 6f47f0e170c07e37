/** What goes into and comes out of workflows, their ids and queues: shared by whoever starts one and whoever runs it. */
import { z } from 'zod';
import { digestSchema, nameSchema, type Digest } from './digest.js';

export const TASK_QUEUES = {
  /** Workflows and control-plane activities (the orchestrator). */
  control: 'control',
  /** Reading and validating what landed (the orchestrator). */
  ingest: 'ingest',
  /** Frozen features through onnxruntime (trainers). */
  embed: 'embed',
  /** Fine-tuning and export (trainers). */
  train: 'train',
  /** Evaluation of exported artifacts, one at a time on a machine (trainers). */
  evaluate: 'evaluate',
} as const;

export const WORKFLOW_TYPES = {
  watchDataset: 'watchDataset',
  ingestDataset: 'ingestDataset',
  retrain: 'retrain',
  promote: 'promote',
  reconcileLandings: 'reconcileLandings',
  select: 'select',
  finalist: 'finalist',
  scheduledRun: 'scheduledRun',
  reproduceVersion: 'reproduceVersion',
  classifyPrefix: 'classifyPrefix',
} as const;

/** The one signal that says: something landed, look. */
export const LANDED_SIGNAL = 'landed';

/** The schedule that starts `reconcileLandings`: events may be lost, a listing is not. */
export const RECONCILE_SCHEDULE_ID = 'reconcile-landings';

/**
 * What the landed signal may carry. A listing that is told again and again (the reconciler's, while a watcher waits)
 * has the same fingerprint, and is no new landing that would prolong the wait.
 * `urgent` waits for nothing: a person asked, or corrected what is there.
 */
export const landedHintSchema = z.object({
  fingerprint: z.string().nullable().default(null),
  urgent: z.boolean().default(false),
});
export type LandedHint = z.input<typeof landedHintSchema>;

export const watchWorkflowId = (dataset: string): string => `watch/${dataset}`;
export const ingestWorkflowId = (dataset: string, batch: number | string): string => `ingest/${dataset}/${batch}`;
export const retrainWorkflowId = (input: RetrainIdentity): string =>
  `retrain/${input.pipeline}/${input.datasetVersion}/${input.trainDigest}/${input.attempt}`;
export const promoteWorkflowId = (promotionId: string): string => `promote/${promotionId}`;

/** Of the schedule that starts a pipeline's runs at the times of its crontab; the workflows it starts are named after it. */
export const cronScheduleId = (pipeline: string): string => `${CRON_SCHEDULE_PREFIX}${pipeline}`;
export const CRON_SCHEDULE_PREFIX = 'cron/';

export interface RetrainIdentity {
  readonly pipeline: string;
  readonly datasetVersion: Digest;
  readonly trainDigest: Digest;
  readonly attempt: number;
}

export const watchDatasetInputSchema = z.object({
  dataset: nameSchema,
  /** Counts ingestions over continue-as-new, so that each has an id of its own. */
  batch: z.int().min(0).default(0),
  /** Signals seen and not yet acted upon when the last execution ended. */
  carried: z.int().min(0).default(0),
  /** When the first of the carried signals came, in milliseconds since 1970; null where none is carried. */
  sinceMs: z.number().nullable().default(null),
  /** Whether one of the carried signals was urgent. */
  urgent: z.boolean().default(false),
});
export type WatchDatasetInput = z.input<typeof watchDatasetInputSchema>;

export const ingestDatasetInputSchema = z.object({ dataset: nameSchema });
export type IngestDatasetInput = z.infer<typeof ingestDatasetInputSchema>;

export const ingestDatasetResultSchema = z.object({
  /** Null when nothing new was found. */
  datasetVersion: digestSchema.nullable(),
  newImages: z.int().min(0),
  quarantined: z.int().min(0),
  /** Of what landed, what the dataset has already. */
  duplicates: z.int().min(0).default(0),
});
export type IngestDatasetResult = z.input<typeof ingestDatasetResultSchema>;

export const retrainInputSchema = z.object({
  pipeline: nameSchema,
  pipelineDigest: digestSchema,
  trainDigest: digestSchema,
  datasetVersion: digestSchema,
  attempt: z.int().min(1).default(1),
});
export type RetrainInput = z.infer<typeof retrainInputSchema>;

export const scheduledRunInputSchema = z.object({ pipeline: nameSchema });
export type ScheduledRunInput = z.infer<typeof scheduledRunInputSchema>;

export const retrainResultSchema = z.object({
  runId: z.string(),
  model: nameSchema,
  /** Null where the run was skipped: it found nothing to train for. */
  version: z.int().min(1).nullable(),
});
export type RetrainResult = z.infer<typeof retrainResultSchema>;

export const promoteInputSchema = z.object({ promotionId: z.string() });
export type PromoteInput = z.infer<typeof promoteInputSchema>;
export const promoteResultSchema = z.object({
  generation: z.int().min(1),
  /** Whether every live replica was seen to serve that generation, or a newer one, before the workflow stopped waiting. */
  swapped: z.boolean(),
});
export type PromoteResult = z.infer<typeof promoteResultSchema>;

/** What the watching of a dataset tells: what it waits for, what its ingestions came to, and why a run did or didn't start. */
import { z } from 'zod';
import { digestSchema, labelSchema, nameSchema, timestampSchema } from './digest.js';
import { datasetSchema, datasetVersionSchema } from './manifest.js';

/**
 * `idle`: nothing landed that no version has; `settling`: it waits for quiet; `waiting`: it is quiet, but the dataset's policy
 * asks for more images; `ingesting`: a version is being made; `paused`: a person stopped it, what lands stays in the bucket.
 */
export const WATCH_STATES = ['idle', 'settling', 'waiting', 'ingesting', 'paused'] as const;

export const newWatchStatusSchema = z
  .object({
    state: z.enum(WATCH_STATES),
    /** Landed objects that no ingestion has looked at, as far as they were counted. */
    objects: z.int().min(0).nullable(),
    /** Of `waiting`: labels that have fewer images than the policy asks for. */
    lacking: z.array(z.object({ label: labelSchema, images: z.int().min(0), needed: z.int().min(1) })).max(100),
    /** When an ingestion begins if nothing more lands; null where that isn't known, or never. */
    dueAt: timestampSchema.nullable(),
    /** For a person. */
    message: z.string().max(2000),
  })
  .meta({ id: 'NewWatchStatus' });
export type NewWatchStatus = z.infer<typeof newWatchStatusSchema>;
export const watchStatusSchema = newWatchStatusSchema.extend({ at: timestampSchema }).meta({ id: 'WatchStatus' });
export type WatchStatus = z.infer<typeof watchStatusSchema>;

export const INGESTION_STATES = ['running', 'succeeded', 'failed'] as const;
export const ingestionStateSchema = z.enum(INGESTION_STATES);

/** One ingestion, as far as it has come. `id` is its workflow's: asking for the same one twice gives the one that is there. */
export const ingestionSchema = z
  .object({
    id: z.string().min(1).max(500),
    dataset: nameSchema,
    state: ingestionStateSchema,
    /** Objects to look at, and those looked at. */
    objects: z.int().min(0),
    inspected: z.int().min(0),
    /** Numbers of the corrections that it takes in. */
    corrections: z.int().min(0),
    /** Null while it runs, and where it found nothing for a version. */
    datasetVersion: digestSchema.nullable(),
    newImages: z.int().min(0),
    duplicates: z.int().min(0),
    quarantined: z.int().min(0),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    startedAt: timestampSchema,
    finishedAt: timestampSchema.nullable(),
  })
  .meta({ id: 'Ingestion' });
export type Ingestion = z.infer<typeof ingestionSchema>;
export const newIngestionSchema = ingestionSchema
  .pick({ id: true, dataset: true, objects: true, corrections: true })
  .meta({ id: 'NewIngestion' });
export type NewIngestion = z.infer<typeof newIngestionSchema>;
export const ingestionPatchSchema = ingestionSchema
  .omit({ id: true, dataset: true, startedAt: true, finishedAt: true })
  .partial()
  .meta({ id: 'IngestionPatch' });
export type IngestionPatch = z.infer<typeof ingestionPatchSchema>;

/** Why a pipeline has no run of a dataset version, or that it has one. */
export const START_REASONS = [
  'starts',
  'has_run',
  /** It holds what an earlier version holds that has one. */
  'nothing_new',
  'disabled',
  'budget_used_up',
  'leakage',
  'not_on_landing',
  'no_version',
] as const;
export const startDecisionSchema = z
  .object({
    pipeline: nameSchema,
    reason: z.enum(START_REASONS),
    /** For a person: what is so, and what to do about it. */
    message: z.string(),
    /** Of `has_run` and `nothing_new`: the newest one. */
    runId: z.string().nullable(),
    /** When it may start by itself; null where that depends on a person. */
    notBefore: timestampSchema.nullable(),
  })
  .meta({ id: 'StartDecision' });
export type StartDecision = z.infer<typeof startDecisionSchema>;

/** All there is to know about why a dataset has the version it has, and why its pipelines have their runs or none. */
export const datasetStorySchema = z
  .object({
    dataset: datasetSchema,
    /** Null where it was never watched. */
    watch: watchStatusSchema.nullable(),
    /** The last ones, newest first. */
    ingestions: z.array(ingestionSchema),
    latestVersion: datasetVersionSchema.nullable(),
    /** Of each pipeline that subscribes to it. */
    pipelines: z.array(startDecisionSchema),
  })
  .meta({ id: 'DatasetStory' });
export type DatasetStory = z.infer<typeof datasetStorySchema>;

/** Making a version again from its lineage, to see whether the same comes of it: the request, how far it is, and what was found. */
import { z } from 'zod';
import { artifactSchema, lineageSchema } from './model-artifact.js';
import { digestSchema, nameSchema, timestampSchema, type Digest } from './digest.js';
import { pipelineSchema } from './pipeline.js';
import { checkpointRefSchema, newRunEventSchema, runStageSchema } from './run.js';
import { variantNameSchema } from './variant.js';

export const REPRODUCTION_STATES = ['requested', 'running', 'succeeded', 'failed'] as const;
export const REPRODUCTION_OUTCOMES = ['identical', 'within_tolerance', 'different'] as const;
export const reproductionOutcomeSchema = z.enum(REPRODUCTION_OUTCOMES);
export type ReproductionOutcome = z.infer<typeof reproductionOutcomeSchema>;

/** Asking for one that is under way already gives that one. */
export const reproductionRequestSchema = z
  .strictObject({
    /** One form alone; null: every form of the version. */
    variant: variantNameSchema.nullable().default(null),
    /** Whether embedder and activations are computed again too, which are taken as recorded otherwise. */
    fresh: z.boolean().default(false),
  })
  .meta({ id: 'ReproductionRequest' });
export type ReproductionRequest = z.input<typeof reproductionRequestSchema>;

/** A reproduction as the registry keeps it. It makes no version and no run. */
export const reproductionSchema = reproductionRequestSchema
  .extend({
    id: z.string(),
    model: nameSchema,
    version: z.int().min(1),
    state: z.enum(REPRODUCTION_STATES),
    stage: runStageSchema.nullable(),
    /** Where a training that is interrupted goes on from. */
    checkpoint: checkpointRefSchema.nullable(),
    outcome: reproductionOutcomeSchema.nullable(),
    /** Of the reproduction-report.v1 document. */
    report: digestSchema.nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    by: z.string(),
    createdAt: timestampSchema,
    finishedAt: timestampSchema.nullable(),
  })
  .meta({ id: 'Reproduction' });
export type Reproduction = z.infer<typeof reproductionSchema>;

/** How far it is. One that has ended stays as it is. */
export const reproductionPatchSchema = z
  .discriminatedUnion('state', [
    z.object({ state: z.literal('running'), checkpoint: checkpointRefSchema.nullable().optional() }),
    z.object({ state: z.literal('succeeded'), outcome: reproductionOutcomeSchema, report: digestSchema }),
    z.object({ state: z.literal('failed'), error: z.object({ code: z.string(), message: z.string() }) }),
  ])
  .meta({ id: 'ReproductionPatch' });
export type ReproductionPatch = z.infer<typeof reproductionPatchSchema>;

/** What its stages tell as they go, as those of a run do. */
export const reproductionEventSchema = newRunEventSchema
  .extend({ seq: z.int().min(1), at: timestampSchema })
  .meta({ id: 'ReproductionEvent' });
export type ReproductionEvent = z.infer<typeof reproductionEventSchema>;

/** One thing that was made again, beside what is recorded of it. */
export const reproductionStepSchema = z.object({
  what: z.enum(['embedder', 'activations', 'plan', 'trained', 'model', 'predictions', 'figures']),
  /** Of which form; empty: of the version. */
  variant: z.string(),
  /** `pinned`: the recorded one was used, and not made again; `unrecorded`: there is nothing to compare with. */
  result: z.enum(['identical', 'different', 'pinned', 'unrecorded']),
  recorded: digestSchema.nullable(),
  made: digestSchema.nullable(),
  /** For a person. */
  detail: z.string(),
});
export type ReproductionStep = z.infer<typeof reproductionStepSchema>;

/** How the outputs of a form that was made again lie beside the recorded ones, on all test images. */
export const comparedFormSchema = z.object({
  variant: variantNameSchema,
  images: z.int().min(1),
  /** Greatest absolute difference of a probability. */
  maxDifference: z.number().min(0),
  /** Images whose first guess is another one. */
  changedAnswers: z.int().min(0),
  /** Up to which difference outputs count as the same: what a replica may differ by from a version's golden outputs. */
  tolerance: z.number().positive(),
  /** predictions.v1 documents. */
  predictions: z.object({ recorded: digestSchema, made: digestSchema }),
  /** Names of the report's metrics that come out otherwise. */
  figures: z.array(z.string()),
  cpuClass: z.object({ recorded: z.string(), here: z.string() }),
});
export type ComparedForm = z.infer<typeof comparedFormSchema>;

export const reproductionReportSchema = z.object({
  schemaVersion: z.literal('reproduction-report.v1'),
  model: nameSchema,
  version: z.int().min(1),
  /** The run that made the version. */
  runId: z.string(),
  fresh: z.boolean(),
  outcome: reproductionOutcomeSchema,
  /** In the order in which a run makes them: what differs first is what to look at. */
  steps: z.array(reproductionStepSchema).min(1),
  forms: z.array(comparedFormSchema).min(1),
  /** What it ran on then and now. */
  conditions: z.array(z.object({ name: z.string(), recorded: z.string(), here: z.string() })),
});
export type ReproductionReport = z.infer<typeof reproductionReportSchema>;

// ——— workflow and activities ———

export const reproduceWorkflowId = (reproductionId: string): string => `reproduce/${reproductionId}`;
export const reproduceInputSchema = z.object({ reproductionId: z.string() });
export type ReproduceInput = z.infer<typeof reproduceInputSchema>;
export interface ReproduceResult {
  readonly outcome: ReproductionOutcome;
  readonly report: Digest;
}

const RUN_PREFIX = 'reproduction-';
/** What trainers know a reproduction by, in the place of a run's id. */
export const reproductionRunId = (id: string): string => `${RUN_PREFIX}${id}`;
/** The reproduction that a run's id stands for; null: a run's own. */
export const reproductionOf = (runId: string): string | null =>
  runId.startsWith(RUN_PREFIX) ? runId.slice(RUN_PREFIX.length) : null;

/** What a version is made again from, as its lineage tells. */
export const reproductionSourceSchema = z.object({
  model: nameSchema,
  version: z.int().min(1),
  /** As it was when the run began, with the wanted variants alone. */
  pipeline: pipelineSchema,
  datasetVersion: digestSchema,
  plan: digestSchema,
  embedder: digestSchema,
  /** Null: not recorded, or it learned from images. */
  activations: digestSchema.nullable(),
  learnsFromActivations: z.boolean(),
  fresh: z.boolean(),
  /** Of each wanted variant. */
  reports: z.record(z.string(), digestSchema),
});
export type ReproductionSource = z.infer<typeof reproductionSourceSchema>;

export const recomputeActivationsInputSchema = z.object({
  runId: z.string(),
  embedder: digestSchema,
  /** Of the activations.v1 document that is computed again. */
  activations: digestSchema,
});
export type RecomputeActivationsInput = z.infer<typeof recomputeActivationsInputSchema>;

export const compareFormInputSchema = z.object({
  runId: z.string(),
  /** The model that was made again. */
  model: artifactSchema,
  signature: digestSchema,
  /** Of the recorded evaluation.v1 document. */
  report: digestSchema,
});
export type CompareFormInput = z.infer<typeof compareFormInputSchema>;

export const concludeReproductionInputSchema = z.object({
  reproductionId: z.string(),
  source: reproductionSourceSchema,
  made: z.object({
    /** What was made again where activations were computed anew. */
    embedder: digestSchema.nullable(),
    /** Of the activations.v1 document of what the training read. */
    activations: digestSchema.nullable(),
    /** Trained weights and plans, by variant. */
    files: z.array(artifactSchema.pick({ kind: true, variant: true, digest: true })),
    models: z.array(artifactSchema),
    runtime: lineageSchema.shape.runtime,
  }),
  compared: z.array(comparedFormSchema).min(1),
});
export type ConcludeReproductionInput = z.infer<typeof concludeReproductionInputSchema>;

export interface ReproductionControlActivities {
  /**
   * Finds what a version was made from. `refused` for one that no run made, `not_found` for a form that it doesn't have,
   * `unavailable` while no trainer polls.
   */
  openReproduction(input: ReproduceInput): Promise<ReproductionSource>;
  /** @throws AppError `not_found` naming what is gone of the objects that the version is made from. */
  checkReproducible(input: ReproduceInput): Promise<void>;
  /** Writes the report, and marks the reproduction succeeded. */
  concludeReproduction(input: ConcludeReproductionInput): Promise<ReproduceResult>;
  failReproduction(input: ReproduceInput & { error: { code: string; message: string } }): Promise<void>;
}

export interface ReproductionEmbedActivities {
  /** Embeds the images of every shard again, as they were. Shards that come out otherwise go to the content store. Returns the new activations.v1 document. */
  recomputeActivations(input: RecomputeActivationsInput): Promise<{ activations: Digest }>;
}

export interface ReproductionEvaluateActivities {
  /** Asks the form that was made again about all test images, and compares its answers with the recorded ones. */
  compareForm(input: CompareFormInput): Promise<ComparedForm>;
}

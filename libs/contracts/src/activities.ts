/**
 * The activities that the workflows call, as types: the orchestrator's workflows and the trainer's workers meet here, since
 * apps never import apps. Each takes and returns small references; tensors and images stay in the object store.
 * Every activity may run twice: the same input ends in the same objects and rows.
 */
import { z } from 'zod';
import { digestSchema, nameSchema, type Digest } from './digest.js';
import { gateVerdictSchema } from './evaluation.js';
import { PROMOTION_STATES } from './deployment.js';
import { landingObjectSchema, type LandingObject } from './landing.js';
import { ARTIFACT_KINDS, artifactSchema, lineageSchema } from './model-artifact.js';
import { pipelineGateSchema, pipelineSchema, pipelineTrainSchema } from './pipeline.js';
import { championRefSchema, type OpenedRun } from './opened-run.js';
import { variantNameSchema } from './variant.js';
import type { BulkControlActivities, BulkEvaluateActivities } from './bulk-classification.js';
import type { IngestionPatch, NewIngestion, NewWatchStatus } from './ingestion.js';
import type { Dataset, DatasetPolicy } from './manifest.js';
import type {
  SelectionControlActivities,
  SelectionEmbedActivities,
  SelectionEvaluateActivities,
} from './selection-activities.js';
import type {
  ReproductionControlActivities,
  ReproductionEmbedActivities,
  ReproductionEvaluateActivities,
} from './reproduction.js';
import type { RetrainIdentityWithDigest } from './start-decision.js';
import type { IngestDatasetInput, IngestDatasetResult, RetrainInput } from './workflows.js';

// ——— ingest (queue `ingest`, orchestrator) ———

export const ingestPlanSchema = z.object({
  /** The dataset's latest version when the plan was made; null for the first. */
  parent: digestSchema.nullable(),
  /** Documents that list the landed objects to look at (key, etag), one a chunk; none when nothing is new. */
  chunks: z.array(digestSchema),
  objects: z.int().min(0),
  /** The dataset's corrections up to and with this number are taken in; 0 where the parent has taken in all of them. */
  corrections: z.int().min(0).default(0),
  /** Archives to take apart before their images can be planned; absent where there is none. */
  archives: z.array(landingObjectSchema).min(1).optional(),
  startedAt: z.string(),
});
export type IngestPlan = z.infer<typeof ingestPlanSchema>;

export interface IngestActivities {
  /** Lists the landing zone and leaves out what earlier versions have already looked at (by key and etag). */
  planIngest(input: IngestDatasetInput): Promise<IngestPlan>;
  /**
   * Puts the files of a landed archive beside it as objects of their own; files that are there already are left alone. Returns
   * an inspected-chunk.v1 document with the archive as read (or quarantined), and what was refused of it.
   */
  expandArchive(input: { dataset: string; object: LandingObject }): Promise<Digest>;
  /** Reads, checks and keeps the images of one chunk. Returns the document with what was found in each. */
  inspectChunk(input: { dataset: string; chunk: Digest }): Promise<Digest>;
  /** Makes the version out of the parent and what was found, in digest order, and registers it. */
  completeIngest(input: {
    dataset: string;
    plan: IngestPlan;
    inspected: readonly Digest[];
  }): Promise<IngestDatasetResult>;
}

// ——— control plane (queue `control`, orchestrator) ———

export const promotionStateSchema = z.object({
  state: z.enum(PROMOTION_STATES),
  generation: z.int().min(1).nullable(),
});
export type PromotionState = z.infer<typeof promotionStateSchema>;

/** What a watcher acts on. The fields that came later are absent in what was recorded before. */
export interface WatchPolicy
  extends
    Pick<DatasetPolicy, 'quietSeconds' | 'maxWaitSeconds' | 'minNewImages'>,
    Partial<Pick<DatasetPolicy, 'minPerLabel'>> {
  /** Who stopped the watching, and when; null or absent while it goes on. */
  readonly paused?: Dataset['paused'];
}

export interface LandedCount {
  readonly objects: number;
  /** Whether there are as many as the policy asks for; absent in what was recorded before. */
  readonly enough?: boolean;
  /** Labels with too few images, the first hundred. */
  readonly lacking?: NewWatchStatus['lacking'];
}

export interface ControlActivities
  extends SelectionControlActivities, ReproductionControlActivities, BulkControlActivities {
  /** When a landing becomes a version. `not_found` where the registry has no such dataset. */
  readDatasetPolicy(input: { dataset: string }): Promise<WatchPolicy>;
  /**
   * Landed objects that no ingestion has looked at yet, and the labels that have fewer than `minPerLabel` images with them.
   * An archive counts as enough of everything: what is in it isn't known before it is taken apart.
   */
  countLanded(input: { dataset: string; minNewImages?: number; minPerLabel?: number }): Promise<LandedCount>;
  /** Tells the registry what a watcher waits for. */
  reportWatch(input: { dataset: string; status: NewWatchStatus }): Promise<void>;
  /** Tells the registry how far an ingestion has come; made where it isn't there yet. */
  reportIngestion(input: { ingestion: NewIngestion; patch: IngestionPatch }): Promise<void>;
  /** Lists the landing zone of every dataset that isn't paused, and signals the watchers of those where something is new. */
  reconcileLandings(): Promise<{ signalled: string[] }>;
  /** The retrain workflows that should have been started and were not: enabled pipelines with no run of the latest version. */
  missingRuns(): Promise<RetrainIdentityWithDigest[]>;
  /** What a pipeline's crontab asks for now: one identity, or none where its decision is another one. */
  dueRuns(input: { pipeline: string }): Promise<RetrainIdentityWithDigest[]>;
  /** The retrain workflows that a new dataset version asks for: one for each enabled pipeline within its budget. */
  subscribedPipelines(input: { dataset: string; datasetVersion: Digest }): Promise<RetrainIdentityWithDigest[]>;
  /** `asked` absent: nobody did. */
  openRun(input: RetrainInput): Promise<Omit<OpenedRun, 'asked'> & Partial<Pick<OpenedRun, 'asked'>>>;
  registerVersion(input: RegisterVersionInput): Promise<{ version: number }>;
  /** Marks the run failed or cancelled, with the cause for a person. */
  closeRun(input: {
    runId: string;
    state: 'failed' | 'cancelled';
    error: { code: string; message: string };
  }): Promise<void>;
  /** Marks a run skipped, since the data has not drifted; `drift` null: the champion learned from this very version. */
  skipRun(input: { runId: string; drift: Digest | null }): Promise<void>;
  /** Where a promotion stands, so that a workflow that is started again goes on from there. */
  readPromotion(input: { promotionId: string }): Promise<PromotionState>;
  preparePromotion(input: { promotionId: string }): Promise<void>;
  /** Waits until the quorum of live replicas has prepared the version. */
  awaitPrepared(input: { promotionId: string }): Promise<void>;
  commitPromotion(input: { promotionId: string }): Promise<{ generation: number }>;
  /** Waits until every live replica serves that generation or a newer one. */
  awaitSwapped(input: { promotionId: string }): Promise<void>;
  failPromotion(input: { promotionId: string; error: { code: string; message: string } }): Promise<void>;
}

// ——— features (queue `embed`, trainer) ———

export const planTrainingInputSchema = z.object({
  runId: z.string(),
  datasetVersion: digestSchema,
  train: pipelineTrainSchema,
  /** The forms that are to be made of what is trained, so that one that can't be had is refused now. */
  variants: z.array(variantNameSchema).default([]),
});
export type PlanTrainingInput = z.input<typeof planTrainingInputSchema>;

export const prepareEmbedderInputSchema = z.object({
  runId: z.string(),
  plan: digestSchema,
  /** Whose training images calibrate an embedder in eight bits that the pipeline doesn't have yet. */
  datasetVersion: digestSchema,
});
export type PrepareEmbedderInput = z.infer<typeof prepareEmbedderInputSchema>;

export const planEmbeddingInputSchema = z.object({
  runId: z.string(),
  embedder: digestSchema,
  datasetVersion: digestSchema,
});
export type PlanEmbeddingInput = z.infer<typeof planEmbeddingInputSchema>;

export const embeddingPlanSchema = z.object({
  /** Documents that list the images to embed, one a chunk. */
  chunks: z.array(digestSchema),
  missing: z.int().min(0),
  reused: z.int().min(0),
});
export type EmbeddingPlan = z.infer<typeof embeddingPlanSchema>;

export const embedChunkInputSchema = z.object({
  runId: z.string(),
  embedder: digestSchema,
  chunk: digestSchema,
});
export type EmbedChunkInput = z.infer<typeof embedChunkInputSchema>;

export interface EmbedActivities extends SelectionEmbedActivities, ReproductionEmbedActivities {
  /** Decides what is trained and how, and refuses what is known to go wrong. Returns the training-plan.v1 document. */
  planTraining(input: PlanTrainingInput): Promise<{ plan: Digest }>;
  /** Builds the frozen part as an ONNX artifact. Returns the digest of its embedder.v1 document. */
  prepareEmbedder(input: PrepareEmbedderInput): Promise<{ embedder: Digest }>;
  planEmbedding(input: PlanEmbeddingInput): Promise<EmbeddingPlan>;
  embedChunk(input: EmbedChunkInput): Promise<{ embedded: number }>;
}

// ——— fine-tuning and export (queue `train`, trainer) ———

export const measureDriftInputSchema = z.object({
  runId: z.string(),
  embedder: digestSchema,
  datasetVersion: digestSchema,
  /** The version that the champion learned from. */
  reference: digestSchema,
});
export type MeasureDriftInput = z.infer<typeof measureDriftInputSchema>;

export const trainModelInputSchema = z.object({
  runId: z.string(),
  plan: digestSchema,
  embedder: digestSchema,
  datasetVersion: digestSchema,
  /** Of the activations.v1 document whose shards alone are read; absent: whatever the cache holds. */
  activations: digestSchema.optional(),
});
export type TrainModelInput = z.infer<typeof trainModelInputSchema>;

export const exportModelInputSchema = z.object({
  runId: z.string(),
  model: nameSchema,
  plan: digestSchema,
  embedder: digestSchema,
  trained: digestSchema,
  history: digestSchema,
  datasetVersion: digestSchema,
  /** What the exported form is called. */
  variant: variantNameSchema,
});
export type ExportModelInput = z.infer<typeof exportModelInputSchema>;

/** One form of a model, as it would be served. */
export const exportedFormSchema = z.object({
  model: artifactSchema,
  golden: artifactSchema,
  signature: digestSchema,
});
export type ExportedForm = z.infer<typeof exportedFormSchema>;

export const exportedModelSchema = exportedFormSchema.extend({
  /** What the trainer ran on, for the version's lineage. */
  runtime: lineageSchema.shape.runtime,
});
export type ExportedModel = z.infer<typeof exportedModelSchema>;

export const planPruningInputSchema = z.object({
  runId: z.string(),
  /** Of the training whose network is pruned, with what came of it. */
  plan: digestSchema,
  embedder: digestSchema,
  trained: digestSchema,
  history: digestSchema,
  datasetVersion: digestSchema,
  /** Share of the multiply-accumulates that is to remain. */
  macsShare: z.number().gt(0).lt(1),
});
export type PlanPruningInput = z.infer<typeof planPruningInputSchema>;

export const quantizeModelInputSchema = z.object({
  runId: z.string(),
  /** The form in float32. */
  model: artifactSchema,
  signature: digestSchema,
  /** Its training images calibrate. */
  datasetVersion: digestSchema,
  /** What the quantized form is called. */
  variant: variantNameSchema,
});
export type QuantizeModelInput = z.infer<typeof quantizeModelInputSchema>;

export interface TrainActivities {
  /** Returns the drift.v1 document. */
  measureDrift(input: MeasureDriftInput): Promise<{ drift: Digest; detected: boolean }>;
  /**
   * Trains in a child process, from the run's checkpoint where it has one. Returns the trained weights (safetensors), the history,
   * and the activations.v1 document of what it read: null where it read images, absent in what was recorded before.
   */
  trainModel(input: TrainModelInput): Promise<{ trained: Digest; history: Digest; activations?: Digest | null }>;
  /** Makes one ONNX model of what is frozen and what was trained, compares it with the trained form, records golden outputs. */
  exportModel(input: ExportModelInput): Promise<ExportedModel>;
  /** Narrows a trained network. Returns the plan of the training that makes up for it; its weights are in the plan. */
  planPruning(input: PlanPruningInput): Promise<{ plan: Digest }>;
  /** Makes the form in eight bits of an exported model, calibrated on training images, with golden outputs of its own. */
  quantizeModel(input: QuantizeModelInput): Promise<ExportedForm>;
}

// ——— evaluation (queue `evaluate`, trainer) ———

export const evaluateModelInputSchema = z.object({
  runId: z.string(),
  /** The model that the version will belong to, and the champion belongs to. */
  modelName: nameSchema,
  /** Its `variant` says which form of the version it is. */
  model: artifactSchema,
  /** What training ended in, to be compared with; null where the form is just that. */
  original: artifactSchema.nullable(),
  signature: digestSchema,
  datasetVersion: digestSchema,
  gate: pipelineGateSchema,
  champion: championRefSchema.nullable(),
});
export type EvaluateModelInput = z.infer<typeof evaluateModelInputSchema>;

export const evaluatedModelSchema = z.object({
  /** Of the evaluation.v1 document. */
  report: digestSchema,
  verdict: gateVerdictSchema,
  artifacts: z.array(artifactSchema),
});
export type EvaluatedModel = z.infer<typeof evaluatedModelSchema>;

export interface EvaluateActivities
  extends SelectionEvaluateActivities, ReproductionEvaluateActivities, BulkEvaluateActivities {
  evaluateModel(input: EvaluateModelInput): Promise<EvaluatedModel>;
}

export const registerVersionInputSchema = z.object({
  runId: z.string(),
  model: nameSchema,
  pipeline: pipelineSchema,
  datasetVersion: digestSchema,
  embedder: digestSchema,
  signature: digestSchema,
  /** Of each variant's evaluation.v1 document, in the pipeline's order. */
  reports: z.array(digestSchema).min(1),
  runtime: lineageSchema.shape.runtime,
  /** The generation of the champion that the report compares with; 0 where there was none. */
  championGeneration: z.int().min(0),
  /** Files that their makers described: model, golden, evaluation, predictions. */
  artifacts: z.array(artifactSchema),
  /** Files known by digest alone (plan, trained, history, drift, embedder): the activity reads each, and adds its size. */
  files: z.array(
    z.object({
      kind: z.enum(ARTIFACT_KINDS),
      /** Of which variant; empty: of the version. */
      variant: z.string().default(''),
      digest: digestSchema,
      mediaType: z.string(),
    }),
  ),
});
export type RegisterVersionInput = z.infer<typeof registerVersionInputSchema>;

/** The activities of a selection, as types, and what goes into its workflows. Each may run twice, as all activities may. */
import { z } from 'zod';
import type { OpenedRun } from './opened-run.js';
import { digestSchema, type Digest } from './digest.js';
import { artifactSchema } from './model-artifact.js';
import { candidateNameSchema, selectionRequestSchema, type CandidateName } from './selection.js';
import { SELECTION_STATES, type SelectionRun, type SelectionStage } from './selection-record.js';

// ——— workflows ———

export const selectWorkflowId = (selectionId: string): string => `select/${selectionId}`;
/** One a try, so that a finalist which failed can be trained again. */
export const finalistWorkflowId = (selectionId: string, attempt: number, candidate: CandidateName): string =>
  `select/${selectionId}/${attempt}/${candidate}`;

export const selectInputSchema = z.object({ selectionId: z.string() });
export type SelectInput = z.infer<typeof selectInputSchema>;
export const selectResultSchema = z.object({ result: digestSchema });
export type SelectResult = z.infer<typeof selectResultSchema>;

export const finalistInputSchema = z.object({
  selectionId: z.string(),
  datasetVersion: digestSchema,
  candidate: candidateNameSchema,
});
export type FinalistInput = z.infer<typeof finalistInputSchema>;

/** A finalist's fine-tuned model, as it would be served. */
export const trainedFinalistSchema = z.object({
  candidate: candidateNameSchema,
  runId: z.string(),
  /** Its training-plan.v1. */
  plan: digestSchema,
  model: artifactSchema,
  signature: digestSchema,
});
export type TrainedFinalist = z.infer<typeof trainedFinalistSchema>;

// ——— control plane (queue `control`, orchestrator) ———

export const selectionStateSchema = z.object({
  state: z.enum(SELECTION_STATES),
  attempt: z.int().min(1),
  request: selectionRequestSchema,
  result: digestSchema.nullable(),
});
export type SelectionState = z.infer<typeof selectionStateSchema>;

/** What was probed, with its embedder and the probe.v1 document. */
export const probedTargetSchema = z.object({
  target: candidateNameSchema,
  plan: digestSchema,
  embedder: digestSchema,
  probe: digestSchema,
});
export type ProbedTarget = z.infer<typeof probedTargetSchema>;

export const judgeProbesInputSchema = z.object({
  selectionId: z.string(),
  probed: z.array(probedTargetSchema).min(1),
  /** Of the backbone-measures.v1 document. */
  measures: digestSchema,
});
export type JudgeProbesInput = z.infer<typeof judgeProbesInputSchema>;

export const concludeSelectionInputSchema = judgeProbesInputSchema.extend({
  /** Of the finalist-results.v1 document; null where nothing was fine-tuned. */
  finalists: digestSchema.nullable(),
  /** Finalists that could not be fine-tuned, and why. */
  failures: z.array(z.object({ candidate: candidateNameSchema, message: z.string() })),
});
export type ConcludeSelectionInput = z.infer<typeof concludeSelectionInputSchema>;

export interface SelectionControlActivities {
  readSelection(input: { selectionId: string }): Promise<SelectionState>;
  /** For a person who follows it. */
  advanceSelection(input: { selectionId: string; stage: SelectionStage }): Promise<void>;
  /** Opens a run of the selection, or gives the one that is open. */
  openSelectionRun(input: { selectionId: string } & Omit<SelectionRun, 'runId'>): Promise<OpenedRun>;
  /** Marks a run that makes no version succeeded. */
  finishRun(input: { runId: string }): Promise<void>;
  /** Names of the candidates that are worth fine-tuning. */
  chooseFinalists(input: JudgeProbesInput): Promise<{ finalists: CandidateName[] }>;
  /** Writes the selection.v1 document, and marks the selection succeeded. */
  concludeSelection(input: ConcludeSelectionInput): Promise<{ result: Digest }>;
  failSelection(input: { selectionId: string; error: { code: string; message: string } }): Promise<void>;
}

// ——— features (queue `embed`, trainer) ———

export const probeBackboneInputSchema = z.object({
  runId: z.string(),
  plan: digestSchema,
  embedder: digestSchema,
  datasetVersion: digestSchema,
  folds: z.int().min(2),
  seed: z.int().min(0),
});
export type ProbeBackboneInput = z.infer<typeof probeBackboneInputSchema>;

export interface SelectionEmbedActivities {
  /** Cross-validates a linear probe on cached features of train and val images. Returns the probe.v1 document. */
  probeBackbone(input: ProbeBackboneInput): Promise<{ probe: Digest }>;
}

// ——— evaluation (queue `evaluate`, trainer) ———

export const measureBackbonesInputSchema = z.object({
  datasetVersion: digestSchema,
  candidates: z
    .array(
      z.object({
        candidate: candidateNameSchema,
        /** Of what was probed for it: a pruned form is made of the same. */
        plan: digestSchema,
        embedder: digestSchema,
      }),
    )
    .min(1),
});
export type MeasureBackbonesInput = z.infer<typeof measureBackbonesInputSchema>;

export const judgeFinalistsInputSchema = z.object({
  datasetVersion: digestSchema,
  finalists: z.array(trainedFinalistSchema).min(1),
});
export type JudgeFinalistsInput = z.infer<typeof judgeFinalistsInputSchema>;

export interface SelectionEvaluateActivities {
  /** Times all candidates in turn, with a classifier of the dataset's labels. Returns the backbone-measures.v1 document. */
  measureBackbones(input: MeasureBackbonesInput): Promise<{ measures: Digest }>;
  /** Asks fine-tuned models about the val images, and times them in turn. Returns the finalist-results.v1 document. */
  judgeFinalists(input: JudgeFinalistsInput): Promise<{ finalists: Digest }>;
}

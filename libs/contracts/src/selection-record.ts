/** A selection as the registry keeps it: what was asked, how far it has come, and where the answer lies. */
import { z } from 'zod';
import { digestSchema, timestampSchema } from './digest.js';
import { newRunSchema } from './run.js';
import { candidateNameSchema, selectionRequestSchema } from './selection.js';

export const SELECTION_STATES = ['requested', 'running', 'succeeded', 'failed'] as const;

/** `probe` embeds and cross-validates, `measure` times all candidates, `fine-tune` trains the finalists, `judge` decides. */
export const SELECTION_STAGES = ['probe', 'measure', 'fine-tune', 'judge'] as const;
export const selectionStageSchema = z.enum(SELECTION_STAGES);
export type SelectionStage = z.infer<typeof selectionStageSchema>;

/** A run that works for a selection; it makes no version. */
export const selectionRunSchema = z.object({
  /** Of a probe: what is probed (`probeTargetOf`). */
  candidate: candidateNameSchema,
  purpose: z.enum(['probe', 'finalist']),
  runId: z.string(),
});
export type SelectionRun = z.infer<typeof selectionRunSchema>;

export const selectionRecordSchema = z
  .object({
    id: z.string(),
    /** Of the request: asking for the same twice gives the same selection. */
    digest: digestSchema,
    request: selectionRequestSchema,
    /** A failed one that is asked for again tries once more. */
    attempt: z.int().min(1),
    state: z.enum(SELECTION_STATES),
    stage: selectionStageSchema.nullable(),
    /** Of this attempt, in the order in which they were opened. */
    runs: z.array(selectionRunSchema),
    /** Of the selection.v1 document. */
    result: digestSchema.nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    by: z.string(),
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
  })
  .meta({ id: 'SelectionRecord' });
export type SelectionRecord = z.infer<typeof selectionRecordSchema>;

/** How far it has come; a selection that ended stays as it is. */
export const selectionPatchSchema = z
  .discriminatedUnion('state', [
    z.object({ state: z.literal('running'), stage: selectionStageSchema }),
    z.object({ state: z.literal('succeeded'), result: digestSchema }),
    z.object({ state: z.literal('failed'), error: z.object({ code: z.string(), message: z.string() }) }),
  ])
  .meta({ id: 'SelectionPatch' });
export type SelectionPatch = z.infer<typeof selectionPatchSchema>;

export const newSelectionRunSchema = selectionRunSchema
  .omit({ runId: true })
  .extend({ run: newRunSchema })
  .meta({ id: 'NewSelectionRun' });
export type NewSelectionRun = z.infer<typeof newSelectionRunSchema>;

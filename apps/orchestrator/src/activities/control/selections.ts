/** Selections: their runs, which candidates are worth fine-tuning, and the answer as a document. */
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  candidateNameSchema,
  canonicalJson,
  concludeSelectionInputSchema,
  digestOfText,
  finalistResultsSchema,
  judgeProbesInputSchema,
  modelOf,
  pipelineDigest,
  selectionSchema,
  selectionStageSchema,
  selectWorkflowId,
  type NewRun,
  type SelectionControlActivities,
  type SelectionRecord,
  type SelectionRun,
} from '@graft/contracts';
import { chooseFinalists } from '@graft/evaluation';
import { z } from 'zod';
import type { ControlDependencies } from './dependencies.js';
import { concludeSelection } from './selection-answer.js';
import { readContenders } from './selection-contenders.js';
import { selectionPipeline } from './selection-pipeline.js';

const inputSchema = z.object({ selectionId: z.string().min(1) });
const advanceInputSchema = inputSchema.extend({ stage: selectionStageSchema });
const runInputSchema = inputSchema.extend({
  candidate: candidateNameSchema,
  purpose: z.enum(['probe', 'finalist']),
});
const failInputSchema = inputSchema.extend({ error: z.object({ code: z.string(), message: z.string() }) });
const finishInputSchema = z.object({ runId: z.string().min(1) });

/** What makes a run of a selection one of its own: what it trains, and for which selection. */
const newRunOf = (
  { id, attempt, request }: SelectionRecord,
  pipeline: ReturnType<typeof selectionPipeline>,
  purpose: SelectionRun['purpose'],
): NewRun => ({
  pipeline: pipeline.name,
  pipelineDigest: pipelineDigest(pipeline),
  trainDigest: digestOfText(canonicalJson({ selection: id, purpose, pipeline })),
  datasetVersion: request.datasetVersion,
  attempt,
  workflowId: selectWorkflowId(id),
});

export const createSelectionActivities = ({
  registry,
  blobs,
  logger,
}: ControlDependencies): SelectionControlActivities => ({
  readSelection: async (input) => {
    const { state, attempt, request, result } = await registry.getSelection(inputSchema.parse(input).selectionId);
    return { state, attempt, request, result };
  },

  advanceSelection: async (input) => {
    const { selectionId, stage } = advanceInputSchema.parse(input);
    await registry.patchSelection(selectionId, { state: 'running', stage });
    logger.info({ selectionId, stage }, 'selection goes on');
  },

  openSelectionRun: async (input) => {
    const { selectionId, candidate, purpose } = runInputSchema.parse(input);
    const record = await registry.getSelection(selectionId);
    const pipeline = selectionPipeline(record.request, { candidate, purpose });
    const run = newRunOf(record, pipeline, purpose);
    const opened = await registry.openSelectionRun(selectionId, { candidate, purpose, run });
    // Of a workflow that was ended from outside and started again: the run goes on.
    if (opened.state === 'failed' || opened.state === 'cancelled')
      await registry.patchRun(opened.id, { state: 'running' });
    logger.info({ selectionId, runId: opened.id, candidate, purpose }, 'run opened');
    return { runId: opened.id, model: modelOf(pipeline), pipeline, champion: null, asked: true };
  },

  finishRun: async (input) => {
    const { runId } = finishInputSchema.parse(input);
    await registry.patchRun(runId, { state: 'succeeded' });
    logger.info({ runId }, 'run finished');
  },

  chooseFinalists: async (input) => {
    const judged = judgeProbesInputSchema.parse(input);
    const { request } = await registry.getSelection(judged.selectionId);
    const { contenders } = await readContenders(blobs, request, judged);
    const { limits, alpha, finalists: count } = request;
    const finalists = chooseFinalists({ contenders, limits, alpha, count });
    logger.info({ selectionId: judged.selectionId, finalists }, 'finalists chosen');
    return { finalists };
  },

  concludeSelection: async (input) => {
    const { finalists, failures, ...judged } = concludeSelectionInputSchema.parse(input);
    const { selectionId } = judged;
    const { request } = await registry.getSelection(selectionId);
    const selection = concludeSelection({
      ...(await readContenders(blobs, request, judged)),
      request,
      finalists: finalists === null ? null : await readDocument(blobs, finalistResultsSchema, finalists),
      failures,
    });
    const result = await writeDocument(blobs, selectionSchema, selection);
    await registry.patchSelection(selectionId, { state: 'succeeded', result });
    logger.info(
      { selectionId, result, recommendation: selection.recommendation?.candidate ?? null },
      'selection answered',
    );
    return { result };
  },

  failSelection: async (input) => {
    const { selectionId, error } = failInputSchema.parse(input);
    await registry.patchSelection(selectionId, { state: 'failed', error });
    logger.warn({ selectionId, code: error.code, detail: error.message }, 'selection failed');
  },
});

/** Samples of what corrections and the watching of datasets are made of. */
import { newCorrectionSchema, correctionSchema, takenOutSchema } from '../correction.js';
import {
  ingestionPatchSchema,
  newIngestionSchema,
  ingestionSchema,
  newWatchStatusSchema,
  startDecisionSchema,
  watchStatusSchema,
} from '../ingestion.js';
import { pipelinePatchSchema } from '../pipeline.js';
import { runCancellationSchema, runRequestSchema } from '../run.js';
import { scheduledRunInputSchema } from '../workflows.js';
import type { Refusal, SchemaSample } from './samples.js';

const A = 'a'.repeat(64);
const NOW = '2026-01-02T03:04:05.678Z';
const refuse = (value: unknown, ...path: (string | number)[]): Refusal => ({ value, path });

const correction = {
  reason: 'mixed up in the lab',
  actions: [
    { action: 'relabel', images: [A], label: 'bees' },
    { action: 'revert', version: 3 },
    { action: 'dismiss', keys: ['insects/ants/x.gif'] },
  ],
};
const status = { state: 'waiting', objects: 3, lacking: [{ label: 'bees', images: 1, needed: 5 }], dueAt: NOW };
const ingestion = {
  id: 'ingest/insects/1',
  dataset: 'insects',
  state: 'running',
  objects: 300,
  inspected: 256,
  corrections: 0,
  datasetVersion: null,
  newImages: 0,
  duplicates: 0,
  quarantined: 0,
  error: null,
};

export const DATA_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'new correction',
    schema: newCorrectionSchema,
    valid: correction,
    refuses: [
      refuse('  ', 'reason'),
      refuse([], 'actions'),
      refuse('burn', 'actions', 0, 'action'),
      refuse(0, 'actions', 1, 'version'),
      refuse(
        Array.from({ length: 10_001 }, () => A),
        'actions',
        0,
        'images',
      ),
    ],
  },
  {
    name: 'correction',
    schema: correctionSchema,
    valid: { ...correction, dataset: 'insects', number: 1, by: 'ada', at: NOW },
    refuses: [refuse(0, 'number'), refuse('Insects!', 'dataset')],
  },
  {
    name: 'taken-out.v1',
    schema: takenOutSchema,
    valid: { schemaVersion: 'taken-out.v1', dataset: 'insects', images: [] },
    refuses: [refuse('taken-out.v2', 'schemaVersion')],
  },
  {
    name: 'new watch status',
    schema: newWatchStatusSchema,
    valid: { ...status, message: '2 more images of bees are needed' },
    refuses: [refuse('asleep', 'state'), refuse(-1, 'objects'), refuse(0, 'lacking', 0, 'needed')],
  },
  {
    name: 'watch status',
    schema: watchStatusSchema,
    valid: { ...status, message: '', at: NOW },
    refuses: [refuse('yesterday', 'at')],
  },
  {
    name: 'ingestion',
    schema: ingestionSchema,
    valid: { ...ingestion, startedAt: NOW, finishedAt: null },
    refuses: [refuse('', 'id'), refuse('lost', 'state'), refuse(-1, 'inspected')],
  },
  {
    name: 'ingestion patch',
    schema: ingestionPatchSchema,
    valid: { inspected: 300 },
    refuses: [refuse(-1, 'inspected')],
  },
  {
    name: 'new ingestion',
    schema: newIngestionSchema,
    valid: { id: 'ingest/insects/1', dataset: 'insects', objects: 3, corrections: 0 },
    refuses: [refuse('', 'id'), refuse(-1, 'objects')],
  },
  {
    name: 'pipeline patch',
    schema: pipelinePatchSchema,
    valid: { enabled: false },
    refuses: [refuse('off', 'enabled')],
  },
  {
    name: 'scheduled run input',
    schema: scheduledRunInputSchema,
    valid: { pipeline: 'insects' },
    refuses: [refuse('Insects!', 'pipeline')],
  },
  {
    name: 'start decision',
    schema: startDecisionSchema,
    valid: { pipeline: 'insects', reason: 'budget_used_up', message: '3 of 3 runs', runId: null, notBefore: NOW },
    refuses: [refuse('mood', 'reason')],
  },
  {
    name: 'run cancellation',
    schema: runCancellationSchema,
    valid: { reason: 'the rate was wrong' },
    refuses: [refuse(' ', 'reason')],
  },
  {
    name: 'run request',
    schema: runRequestSchema,
    valid: { datasetVersion: A, again: true, reason: 'a new seed' },
    refuses: [refuse(' ', 'reason'), refuse('x', 'datasetVersion')],
  },
];

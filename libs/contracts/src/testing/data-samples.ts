/** Samples of what corrections and the watching of datasets are made of. */
import { newCorrectionSchema, correctionSchema, takenOutSchema } from '../correction.js';
import { datasetCardSchema, datasetDiffSchema, imageDiffSchema } from '../dataset-view.js';
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
import type { Refusal, SchemaSample } from './schema-sample.js';

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
const image = {
  ...{ sha256: A, pixelSha256: A, perceptualHash: '0123456789abcdef', sizeBytes: 4096, width: 64, height: 48 },
  ...{ label: 'ants', group: null, split: 'train', source: 'field', key: 'insects/ants/1.jpg' },
};
const spread = { images: 1, least: 0.5, low: 0.5, median: 0.5, high: 0.5, most: 0.5 };
const counts = { train: 1, val: 0, test: 0 };
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
    name: 'dataset card',
    schema: datasetCardSchema,
    valid: {
      ...{ images: 1, bySplit: counts, bySource: { field: 1 }, bytes: 4096, imbalance: null, retired: ['bees'] },
      labels: [{ label: 'ants', images: 1, ...counts, brightness: 0.5, medianSide: 55.4 }],
      ...{ side: spread, aspect: spread, brightness: spread, contrast: spread, sharpness: spread },
      brightnessHistogram: { bounds: [0, 0.5, 1], counts: [0, 1] },
      ...{ nearDuplicates: 0, groups: 0, relabelledByHand: 0, quarantine: { too_small: 2 } },
    },
    refuses: [refuse(-1, 'images'), refuse('bright', 'labels', 0, 'brightness'), refuse(undefined, 'side')],
  },
  {
    name: 'dataset diff',
    schema: datasetDiffSchema,
    valid: {
      ...{ from: A, to: A, added: 1, removed: 0, relabelled: 0, moved: 0 },
      labels: [{ label: 'ants', added: 1, removed: 0, relabelledTo: 0, relabelledFrom: 0 }],
      ...{ newLabels: ['ants'], renamedLabels: [{ from: 'wasp', to: 'wasps' }], retiredLabels: [] },
    },
    refuses: [refuse('x', 'from'), refuse(-1, 'added'), refuse(0.5, 'labels', 0, 'removed')],
  },
  {
    name: 'image diff',
    schema: imageDiffSchema,
    valid: { sha256: A, changes: ['added'], before: null, after: image },
    refuses: [refuse([], 'changes'), refuse(['burned'], 'changes'), refuse({}, 'after')],
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

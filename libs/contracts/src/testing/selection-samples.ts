/** Valid documents of selections, and what each must refuse; among the samples that the contract tests iterate over. */
import {
  concludeSelectionInputSchema,
  finalistInputSchema,
  judgeFinalistsInputSchema,
  measureBackbonesInputSchema,
  probeBackboneInputSchema,
  selectInputSchema,
} from '../selection-activities.js';
import { backboneMeasuresSchema, finalistResultsSchema, probeResultSchema } from '../selection-documents.js';
import { newSelectionRunSchema, selectionPatchSchema, selectionRecordSchema } from '../selection-record.js';
import { selectionRequestSchema, selectionSchema } from '../selection.js';
import type { SchemaSample } from './schema-sample.js';

const [A, B] = ['a'.repeat(64), 'b'.repeat(64)];
const NOW = '2026-01-01T00:00:00Z';

const request = {
  ...{ schemaVersion: 'selection-request.v1', dataset: 'insects', datasetVersion: A },
  candidates: ['efficientnet_lite0', 'efficientnet_lite0:pruned60'],
  limits: { maxMs: 20, maxBytes: 20_000_000, minAccuracy: 0.9 },
};
const latency = { p50Ms: 8, p99Ms: 9, rounds: 40, cpuClass: 'avx2' };
const costs = { sizeBytes: 13_400_000, latency };
const accuracy = { value: 0.95, lower: 0.9, upper: 0.98, n: 2 };
const folds = [{ images: 2, right: 1, ridge: 0.3 }];
const domain = { familiarity: 0.73, separability: 0.9, familiar: true };
const probed = [{ target: 'efficientnet_lite0', plan: A, embedder: A, probe: B }];
const measured = {
  ...{ candidate: 'efficientnet_lite0', backbone: 'efficientnet_lite0.in1k', parameters: 3_400_000, macs: 384e6 },
  ...costs,
};
const fineTuned = { runId: 'run-1', strategy: 'head', artifactDigest: A, ...costs };
const model = {
  ...{ kind: 'model', variant: 'fp32', digest: A, sizeBytes: 10 },
  mediaType: 'application/octet-stream',
};
const run = {
  ...{ pipeline: 'select.insects.efficientnet_lite0', pipelineDigest: A, trainDigest: B, datasetVersion: A },
  ...{ attempt: 1, workflowId: 'select/1' },
};

export const SELECTION_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'selection-request.v1',
    schema: selectionRequestSchema,
    valid: request,
    refuses: [
      { path: ['candidates'], value: [] },
      { path: ['candidates', 1], value: 'efficientnet_lite0' },
      { path: ['limits', 'minAccuracy'], value: 2 },
      { path: ['folds'], value: 1 },
    ],
  },
  {
    name: 'selection.v1',
    schema: selectionSchema,
    valid: {
      ...{ schemaVersion: 'selection.v1', request, images: 2, valImages: 1, labels: 2 },
      candidates: [
        {
          ...{ ...measured, variant: 'fp32', probe: { accuracy, folds, of: 'itself', ...domain }, onFront: true },
          ...{ dominatedBy: null, notShownBetterThan: null, againstBest: null },
          ...{ excludedBy: [{ limit: 'maxMs', detail: 'takes 30 ms' }], fineTuned: { ...fineTuned, accuracy } },
        },
      ],
      recommendation: { candidate: 'efficientnet_lite0', reasons: ['it is the cheapest'] },
      warnings: [{ kind: 'domain_far', message: 'the images look unlike ImageNet’s' }],
    },
    refuses: [
      { path: ['candidates', 0, 'probe', 'of'], value: 'another' },
      { path: ['recommendation', 'reasons'], value: [] },
      { path: ['warnings', 0, 'kind'], value: 'boredom' },
    ],
  },
  {
    name: 'selection record',
    schema: selectionRecordSchema,
    valid: {
      ...{ id: 'selection-1', digest: A, request, attempt: 1, state: 'running', stage: 'probe', by: 'jo' },
      ...{ runs: [{ candidate: 'efficientnet_lite0', purpose: 'probe', runId: 'run-1' }], result: null, error: null },
      ...{ createdAt: NOW, updatedAt: NOW },
    },
    refuses: [
      { path: ['state'], value: 'bored' },
      { path: ['runs', 0, 'purpose'], value: 'fun' },
    ],
  },
  {
    name: 'selection patch',
    schema: selectionPatchSchema,
    valid: { state: 'succeeded', result: A },
    refuses: [{ path: ['result'], value: 'x' }],
  },
  {
    name: 'selection run request',
    schema: newSelectionRunSchema,
    valid: { candidate: 'efficientnet_lite0', purpose: 'finalist', run },
    refuses: [{ path: ['run', 'attempt'], value: 0 }],
  },
  {
    name: 'probe.v1',
    schema: probeResultSchema,
    valid: {
      ...{ schemaVersion: 'probe.v1', embedder: A, datasetVersion: B, labels: 2, images: [A, B] },
      ...{ right: [true, false], folds, ...domain },
    },
    refuses: [
      { path: ['labels'], value: 1 },
      { path: ['folds', 0, 'ridge'], value: 0 },
    ],
  },
  {
    name: 'backbone-measures.v1',
    schema: backboneMeasuresSchema,
    valid: { schemaVersion: 'backbone-measures.v1', datasetVersion: A, candidates: [measured] },
    refuses: [{ path: ['candidates', 0, 'sizeBytes'], value: 0 }],
  },
  {
    name: 'finalist-results.v1',
    schema: finalistResultsSchema,
    valid: {
      ...{ schemaVersion: 'finalist-results.v1', datasetVersion: A, images: [A] },
      finalists: [{ ...fineTuned, candidate: 'efficientnet_lite0', right: [true] }],
    },
    refuses: [{ path: ['finalists', 0, 'strategy'], value: 'auto' }],
  },
  {
    name: 'select input',
    schema: selectInputSchema,
    valid: { selectionId: 'selection-1' },
    refuses: [{ path: ['selectionId'], value: 1 }],
  },
  {
    name: 'finalist input',
    schema: finalistInputSchema,
    valid: { selectionId: 'selection-1', datasetVersion: A, candidate: 'resnet50:int8' },
    refuses: [{ path: ['candidate'], value: 'resnet50:int4' }],
  },
  {
    name: 'probe activity',
    schema: probeBackboneInputSchema,
    valid: { runId: 'run-1', plan: A, embedder: A, datasetVersion: B, folds: 5, seed: 0 },
    refuses: [{ path: ['folds'], value: 1 }],
  },
  {
    name: 'measuring activity',
    schema: measureBackbonesInputSchema,
    valid: { datasetVersion: A, candidates: [{ candidate: 'resnet50', plan: A, embedder: B }] },
    refuses: [{ path: ['candidates'], value: [] }],
  },
  {
    name: 'finalists activity',
    schema: judgeFinalistsInputSchema,
    valid: { datasetVersion: A, finalists: [{ candidate: 'resnet50', runId: 'run-1', plan: A, model, signature: B }] },
    refuses: [{ path: ['finalists', 0, 'signature'], value: 'x' }],
  },
  {
    name: 'concluding activity',
    schema: concludeSelectionInputSchema,
    valid: {
      ...{ selectionId: 'selection-1', probed, measures: A, finalists: B },
      failures: [{ candidate: 'resnet50', message: 'too many parameters' }],
    },
    refuses: [{ path: ['probed'], value: [] }],
  },
];

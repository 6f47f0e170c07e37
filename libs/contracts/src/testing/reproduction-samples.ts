/** Valid documents of reproductions, and what each must refuse. */
import {
  compareFormInputSchema,
  concludeReproductionInputSchema,
  recomputeActivationsInputSchema,
  reproduceInputSchema,
  reproductionPatchSchema,
  reproductionReportSchema,
  reproductionRequestSchema,
  reproductionSchema,
  reproductionSourceSchema,
} from '../reproduction.js';
import type { Refusal, SchemaSample } from './schema-sample.js';

const refuse = (value: unknown, ...path: (string | number)[]): Refusal => ({ value, path });
const [A, B] = ['a'.repeat(64), 'b'.repeat(64)];
const NOW = '2026-01-01T00:00:00Z';

const source = {
  ...{ model: 'insects', version: 2, datasetVersion: A, plan: A, embedder: B },
  pipeline: { schemaVersion: 'pipeline.v1', name: 'insects', data: { dataset: 'insects' } },
  ...{ activations: B, learnsFromActivations: true, fresh: false, reports: { fp32: A } },
};
const compared = {
  ...{ variant: 'fp32', images: 36, maxDifference: 0, changedAnswers: 0, tolerance: 1e-4 },
  ...{ predictions: { recorded: A, made: A }, figures: [], cpuClass: { recorded: 'avx2', here: 'avx2' } },
};
const model = { kind: 'model', variant: 'fp32', digest: A, sizeBytes: 10, mediaType: 'application/octet-stream' };
const runtime = { tensorflow: '2.21.0', onnxruntime: '1.30.0', node: 'v20.20.2', cpuClass: 'avx2', threads: 2 };
const step = { what: 'trained', variant: '', result: 'identical', recorded: A, made: A, detail: 'the same bytes' };

export const REPRODUCTION_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'reproduction request',
    schema: reproductionRequestSchema,
    valid: { variant: 'int8', fresh: true },
    refuses: [refuse('int4', 'variant'), refuse('yes', 'fresh'), refuse(1, 'version')],
  },
  {
    name: 'reproduction',
    schema: reproductionSchema,
    valid: {
      ...{ id: 'reproduction-1', model: 'insects', version: 2, variant: null, fresh: false, state: 'succeeded' },
      ...{ stage: 'evaluate', checkpoint: null, outcome: 'identical', report: A, error: null, by: 'ada' },
      ...{ createdAt: NOW, finishedAt: NOW },
    },
    refuses: [refuse('done', 'state'), refuse('alike', 'outcome'), refuse('x', 'report')],
  },
  {
    name: 'reproduction patch',
    schema: reproductionPatchSchema,
    valid: { state: 'succeeded', outcome: 'within_tolerance', report: A },
    refuses: [refuse('requested', 'state'), refuse(undefined, 'report')],
  },
  {
    name: 'reproduction-report.v1',
    schema: reproductionReportSchema,
    valid: {
      ...{ schemaVersion: 'reproduction-report.v1', model: 'insects', version: 2, runId: 'run-1', fresh: false },
      ...{ outcome: 'identical', steps: [step], forms: [compared] },
      conditions: [{ name: 'node', recorded: 'v20.20.2', here: 'v20.20.2' }],
    },
    refuses: [refuse([], 'steps'), refuse('alike', 'outcome'), refuse([{ ...compared, tolerance: 0 }], 'forms')],
  },
  {
    name: 'reproduce workflow',
    schema: reproduceInputSchema,
    valid: { reproductionId: '1' },
    refuses: [refuse(1, 'reproductionId')],
  },
  {
    name: 'reproduction source',
    schema: reproductionSourceSchema,
    valid: source,
    refuses: [refuse('x', 'plan'), refuse(undefined, 'activations'), refuse(0, 'version')],
  },
  {
    name: 'recompute activations activity',
    schema: recomputeActivationsInputSchema,
    valid: { runId: 'reproduction-1', embedder: A, activations: B },
    refuses: [refuse('x', 'embedder'), refuse(undefined, 'activations')],
  },
  {
    name: 'compare form activity',
    schema: compareFormInputSchema,
    valid: { runId: 'reproduction-1', model, signature: A, report: B },
    refuses: [refuse('x', 'report'), refuse(undefined, 'model')],
  },
  {
    name: 'conclude reproduction activity',
    schema: concludeReproductionInputSchema,
    valid: {
      ...{ reproductionId: '1', source, compared: [compared] },
      made: {
        ...{ embedder: null, activations: B, models: [model], runtime },
        files: [{ kind: 'trained', variant: '', digest: A }],
      },
    },
    refuses: [refuse([], 'compared'), refuse(undefined, 'made')],
  },
];

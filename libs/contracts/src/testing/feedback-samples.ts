/** Samples of feedback and of what it amounts to. */
import {
  feedbackBatchSchema,
  feedbackReceiptSchema,
  feedbackResultSchema,
  feedbackSchema,
  liveAccuracySchema,
  verifiedFeedbackSchema,
  windowAccuracySchema,
} from '../feedback.js';
import type { Refusal, SchemaSample } from './schema-sample.js';

const refuse = (value: unknown, ...path: (string | number)[]): Refusal => ({ value, path });
const interval = { value: 0.9, lower: 0.8, upper: 0.95, n: 100 };
const window = { accuracy: interval, difference: { value: -0.1, lower: -0.2, upper: -0.01, n: 100 }, isBelow: true };
const verified = {
  ...{ requestId: '0190c5a2-0000-7000-8000-000000000000', model: 'insects', version: 3, environment: 'production' },
  ...{ epoch: 1, generation: 4, classIndex: 0, answeredAt: '2026-01-01T00:00:00Z', label: 'bees', by: null },
};
const receipt = { model: 'insects', version: 3, predicted: 'ants', label: 'bees', outcome: 'corrected' };

export const FEEDBACK_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'feedback.v1',
    schema: feedbackSchema,
    valid: { schemaVersion: 'feedback.v1', requestId: 'r.s', label: 'bees', by: 'ann' },
    refuses: [refuse('', 'requestId'), refuse('..', 'label'), refuse(' ', 'by')],
  },
  {
    name: 'verified feedback',
    schema: verifiedFeedbackSchema,
    valid: verified,
    refuses: [refuse('r.s', 'requestId'), refuse(-1, 'classIndex'), refuse('yesterday', 'answeredAt')],
  },
  {
    name: 'feedback batch',
    schema: feedbackBatchSchema,
    valid: { items: [verified] },
    refuses: [refuse([], 'items')],
  },
  {
    name: 'feedback receipt',
    schema: feedbackReceiptSchema,
    valid: receipt,
    refuses: [refuse('lost', 'outcome')],
  },
  {
    name: 'feedback result',
    schema: feedbackResultSchema,
    valid: { ok: false, code: 'not_found', message: 'no version 7 of insects' },
    refuses: [refuse('internal', 'code'), refuse('yes', 'ok')],
  },
  {
    name: 'window accuracy',
    schema: windowAccuracySchema,
    valid: window,
    refuses: [refuse('yes', 'isBelow')],
  },
  {
    name: 'live accuracy',
    schema: liveAccuracySchema,
    valid: {
      ...{ model: 'insects', version: 3, environment: 'production', evaluation: interval },
      windows: { day: window, week: window, all: window },
    },
    refuses: [refuse(0, 'version'), refuse({ day: window }, 'windows')],
  },
];

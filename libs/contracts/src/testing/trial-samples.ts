/** Samples of trials. */
import {
  LATENCY_BOUNDS_MS,
  newTrialSchema,
  trialEndSchema,
  trialReportSchema,
  trialSchema,
  type TrialCounts,
} from '../trial.js';
import type { Refusal, SchemaSample } from './schema-sample.js';

const refuse = (value: unknown, ...path: (string | number)[]): Refusal => ({ value, path });
const NOW = '2026-01-01T00:00:00Z';
const ID = '0190c5a2-0000-7000-8000-000000000000';
const counts: TrialCounts = { requests: 1, errors: 0, latency: [1, ...LATENCY_BOUNDS_MS.map(() => 0)] };
const evidence = { champion: { n: 100, bad: 1 }, trial: { n: 10, bad: 1 }, p: 0.4 };

export const TRIAL_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'new trial',
    schema: newTrialSchema,
    valid: {
      ...{ role: 'canary', version: 3, variant: 'int8', environment: 'production', expectedGeneration: 4 },
      policy: { steps: [1, 10], stepSeconds: 60, stepRequests: 50, alpha: 0.01, promote: false },
      reason: 'smaller',
    },
    refuses: [
      refuse('champion', 'role'),
      refuse([10, 1], 'policy', 'steps'),
      refuse([], 'policy', 'steps'),
      refuse([101], 'policy', 'steps'),
      refuse(0, 'policy', 'alpha'),
      refuse(' ', 'reason'),
    ],
  },
  {
    name: 'trial',
    schema: trialSchema,
    valid: {
      ...{ id: ID, model: 'insects', environment: 'production', role: 'canary', version: 3, variant: 'int8' },
      ...{ artifactDigest: 'a'.repeat(64), championVersion: 2 },
      policy: { steps: [1, 10], stepSeconds: 60, stepRequests: 50, alpha: 0.05, promote: true },
      ...{ state: 'rolled_back', step: 1, stepSince: NOW, stepRequests: 12 },
      evidence: { errors: evidence, latency: evidence, labels: evidence },
      agreement: { compared: 0, differ: 0 },
      ...{ by: 'ada', reason: 'smaller', at: NOW, ended: { at: NOW, by: 'registry', reason: 'labels' } },
    },
    refuses: [refuse('over', 'state'), refuse(-1, 'step'), refuse(2, 'evidence', 'labels', 'p')],
  },
  { name: 'trial end', schema: trialEndSchema, valid: { reason: 'not now' }, refuses: [refuse('', 'reason')] },
  {
    name: 'trial report',
    schema: trialReportSchema,
    valid: { trialId: ID, instance: ID, champion: counts, trial: counts, compared: 1, differ: 0 },
    refuses: [refuse('mine', 'instance'), refuse([1], 'trial', 'latency'), refuse(-1, 'differ')],
  },
];

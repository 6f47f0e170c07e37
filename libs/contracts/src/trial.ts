/**
 * A trial: a version beside the champion, in shadow (it gets copies of requests, and nobody gets its answers) or as a canary (it answers a
 * share of them), watched by a sequential test that ends it as soon as it is known to be worse.
 */
import { z } from 'zod';
import { digestSchema, nameSchema, timestampSchema } from './digest.js';
import { variantNameSchema } from './variant.js';

export const TRIAL_ROLES = ['shadow', 'canary'] as const;
export const trialRoleSchema = z.enum(TRIAL_ROLES);
export type TrialRole = z.infer<typeof trialRoleSchema>;

const percentSchema = z.number().gt(0).max(100);

/** How a trial goes on, and what ends it. */
export const trialPolicySchema = z
  .strictObject({
    /** Shares of requests, percent, one after the other; each is a generation of the ledger. */
    steps: z
      .array(percentSchema)
      .min(1)
      .max(20)
      .refine((steps) => steps.every((step, at) => at === 0 || step > (steps[at - 1] ?? 0)), {
        error: 'each step is larger than the one before',
      }),
    /** How long a step lasts at least, seconds. */
    stepSeconds: z.int().min(1).max(2_592_000).default(600),
    /** Requests that the version has to have had in a step before the next; a trial without traffic waits. */
    stepRequests: z.int().min(0).max(10_000_000).default(100),
    /** The probability that a version which is no worse is ended all the same, over the whole of the trial. */
    alpha: z.number().gt(0).max(0.5).default(0.05),
    /** Of a canary that came through: promote it, or wait for somebody who does. */
    promote: z.boolean().default(true),
  })
  .meta({ id: 'TrialPolicy' });
export type TrialPolicy = z.output<typeof trialPolicySchema>;

export const DEFAULT_STEPS: Readonly<Record<TrialRole, readonly number[]>> = {
  shadow: [100],
  canary: [1, 5, 25, 50],
};

export const newTrialSchema = z
  .strictObject({
    role: trialRoleSchema,
    version: z.int().min(1),
    /** Absent: the one that the version prefers. */
    variant: variantNameSchema.optional(),
    environment: nameSchema.default('production'),
    /** The generation that the caller saw; refused when it has moved. */
    expectedGeneration: z.int().min(1),
    /** Absent fields and steps: by the role. */
    policy: trialPolicySchema.partial({ steps: true }).prefault({}),
    reason: z.string().trim().min(1).max(2000),
  })
  .meta({ id: 'NewTrial' });
export type NewTrial = z.input<typeof newTrialSchema>;

/** Requests of one kind, and how many of them went wrong in one way. */
export const tallySchema = z.object({ n: z.int().min(0), bad: z.int().min(0) });
export type Tally = z.infer<typeof tallySchema>;

/**
 * What is watched. `errors`: requests that failed by the server's fault. `latency`: answers slower than nineteen in twenty of the
 * champion's were before. `labels`: answers that were wrong by the true label, where it came.
 */
export const TRIAL_MEASURES = ['errors', 'latency', 'labels'] as const;
export const trialMeasureSchema = z.enum(TRIAL_MEASURES);
export type TrialMeasure = z.infer<typeof trialMeasureSchema>;

export const trialEvidenceSchema = z.object({
  champion: tallySchema,
  trial: tallySchema,
  /** A p-value that is valid whenever it is looked at: of a version that is no worse it ever falls to x with probability x at most. */
  p: z.number().min(0).max(1),
});
export type TrialEvidence = z.infer<typeof trialEvidenceSchema>;

/** `running`; `passed`: it came through its steps; `ended`: somebody, or another deployment, ended it; `rolled_back`: the test did. */
export const TRIAL_STATES = ['running', 'passed', 'ended', 'rolled_back'] as const;
export const trialStateSchema = z.enum(TRIAL_STATES);
export type TrialState = z.infer<typeof trialStateSchema>;

export const trialSchema = z
  .object({
    id: z.uuid(),
    model: nameSchema,
    environment: nameSchema,
    role: trialRoleSchema,
    version: z.int().min(1),
    variant: variantNameSchema,
    artifactDigest: digestSchema,
    /** The version that it is beside. */
    championVersion: z.int().min(1),
    policy: trialPolicySchema,
    state: trialStateSchema,
    /** Of `policy.steps`, from 0. */
    step: z.int().min(0),
    stepSince: timestampSchema,
    /** Requests that it has had in this step. */
    stepRequests: z.int().min(0),
    evidence: z.record(trialMeasureSchema, trialEvidenceSchema),
    /** Of the requests that both answered: how many, and how many differently. Of a shadow. */
    agreement: z.object({ compared: z.int().min(0), differ: z.int().min(0) }),
    by: z.string(),
    reason: z.string(),
    at: timestampSchema,
    ended: z.object({ at: timestampSchema, by: z.string(), reason: z.string() }).nullable(),
  })
  .meta({ id: 'Trial' });
export type Trial = z.infer<typeof trialSchema>;

export const trialEndSchema = z.strictObject({ reason: z.string().trim().min(1).max(2000) }).meta({ id: 'TrialEnd' });

/** What a row of the ledger says of a trial. */
export const ledgerTrialSchema = z.object({
  id: z.uuid(),
  role: trialRoleSchema,
  version: z.int().min(1),
  variant: variantNameSchema,
  artifactDigest: digestSchema,
  /** From this row on; 0: it is over. */
  percent: z.number().min(0).max(100),
  /** Of its end: what was known then. */
  evidence: z.record(trialMeasureSchema, trialEvidenceSchema).optional(),
});
export type LedgerTrial = z.infer<typeof ledgerTrialSchema>;

/** Upper bounds of the buckets that latencies are counted in, milliseconds; what is slower is in one bucket more. */
export const LATENCY_BOUNDS_MS = [
  ...[1, 1.5, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 90, 128, 181, 256, 362, 512, 724],
  ...[1024, 1448, 2048, 2896, 4096, 5793, 8192],
] as const;

/** Of one process since it began with the trial, champion and trial side by side. Counts only grow. */
export const trialCountsSchema = z.object({
  requests: z.int().min(0),
  errors: z.int().min(0),
  /** Answers by `LATENCY_BOUNDS_MS`. */
  latency: z.array(z.int().min(0)).length(LATENCY_BOUNDS_MS.length + 1),
});
export type TrialCounts = z.infer<typeof trialCountsSchema>;

export const trialReportSchema = z.object({
  trialId: z.uuid(),
  /** Of the process: a replica that starts anew begins to count anew. */
  instance: z.uuid(),
  champion: trialCountsSchema,
  trial: trialCountsSchema,
  compared: z.int().min(0),
  differ: z.int().min(0),
});
export type TrialReport = z.infer<typeof trialReportSchema>;

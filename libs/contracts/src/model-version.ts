/** Models, their versions, and reviews, as the registry tells of them. */
import { z } from 'zod';
import { digestSchema, intervalSchema, labelSchema, nameSchema, timestampSchema } from './digest.js';
import { AppError } from './errors.js';
import { gateVerdictSchema } from './evaluation.js';
import { adoptedLineageSchema, artifactSchema, lineageSchema, signatureSchema } from './model-artifact.js';
import { variantNameSchema } from './variant.js';

/**
 * candidate: up for review · approved: may be promoted · rejected · superseded: a newer candidate took its place ·
 * blocked: the gate failed · withdrawn: was served and rolled back · expired: nobody decided in time.
 */
export const VERSION_STATES = [
  'candidate',
  'approved',
  'rejected',
  'superseded',
  'blocked',
  'withdrawn',
  'expired',
] as const;
export const versionStateSchema = z.enum(VERSION_STATES);
export type VersionState = z.infer<typeof versionStateSchema>;

/** One form of a version, as it was judged. */
export const versionVariantSchema = z.object({
  variant: variantNameSchema,
  artifactDigest: digestSchema,
  sizeBytes: z.int().min(0),
  /** Of its own evaluation.v1 document. */
  reportDigest: digestSchema,
  gateVerdict: gateVerdictSchema,
  accuracy: intervalSchema,
  latencyP50Ms: z.number().min(0),
});
export type VersionVariant = z.infer<typeof versionVariantSchema>;

export const modelVersionSchema = z
  .object({
    model: nameSchema,
    /** From 1, in its model. */
    version: z.int().min(1),
    state: versionStateSchema,
    signature: signatureSchema,
    artifacts: z.array(artifactSchema),
    /** What a promotion serves, unless it names another: report, verdict and accuracy below are of this one. */
    variant: variantNameSchema.default('fp32'),
    /** All of them, in the pipeline's order. */
    variants: z.array(versionVariantSchema).default([]),
    lineage: z.union([lineageSchema, adoptedLineageSchema]),
    /** Of the evaluation.v1 document. */
    reportDigest: digestSchema,
    gateVerdict: gateVerdictSchema,
    accuracy: intervalSchema,
    accuracyBySource: z.record(z.string(), intervalSchema),
    createdAt: timestampSchema,
  })
  .meta({ id: 'ModelVersion' });
export type ModelVersion = z.infer<typeof modelVersionSchema>;

export const newModelVersionSchema = modelVersionSchema
  .omit({ model: true, version: true, state: true, createdAt: true })
  .extend({
    lineage: lineageSchema,
    /** The champion's generation that the report compares with (0: there was none); default: the one at registration. */
    championGeneration: z.int().min(0).optional(),
    autoPromote: z.boolean().default(false),
    requiredApprovals: z.int().min(1).max(2).default(1),
    blocked: z.boolean().default(false),
  })
  .meta({ id: 'NewModelVersion' });
export type NewModelVersion = z.infer<typeof newModelVersionSchema>;

/** A model that was in production elsewhere, to be a model's first champion. */
export const newAdoptionSchema = modelVersionSchema
  .omit({ model: true, version: true, state: true, createdAt: true })
  .extend({
    lineage: adoptedLineageSchema,
    /** Of the external version that it is, whose number it keeps; absent: the next number. */
    number: z.int().min(1).optional(),
    /** Where it is meant to serve. */
    environment: nameSchema.default('production'),
    /** Why it may serve: it takes the place of a review. */
    reason: z.string().trim().min(1).max(2000),
  })
  .meta({ id: 'NewAdoption' });
export type NewAdoption = z.input<typeof newAdoptionSchema>;

/** That nothing is adopted over a version that a run made: `refused`. What was adopted before, wrongly perhaps, can be adopted over. */
export const servesMadeError = (served: {
  readonly model: string;
  readonly environment: string;
  readonly version: number;
  readonly generation: number;
}): AppError =>
  new AppError(
    'refused',
    `${served.environment} serves version ${served.version} of ${served.model} already, which a run made: what comes after it is ` +
      'retrained, or is adopted into a model of its own',
    { details: { ...served } },
  );

/** As MLflow takes them. */
export const modelNameSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^/:]+$/, 'expected a name without "/" and ":"');

export const modelSchema = z
  .object({
    /** Models that other clients of the registry made may have names that no pipeline could give. */
    name: modelNameSchema,
    /** What it is by, whatever it is called: a name can change. */
    id: z.uuid(),
    labels: z.array(labelSchema),
    /** The newest that was made here; null where other clients alone have registered versions. */
    latestVersion: z.int().min(1).nullable(),
    /** What each environment serves. */
    champions: z.record(
      z.string(),
      z.object({
        version: z.int().min(1),
        variant: variantNameSchema.default('fp32'),
        generation: z.int().min(1),
      }),
    ),
    /** Set by a rollback: automatic promotion waits for a person. */
    autoPromoteSuspended: z.boolean(),
    createdAt: timestampSchema,
  })
  .meta({ id: 'Model' });
export type Model = z.infer<typeof modelSchema>;

/**
 * What can become of a review: people approve, reject and reopen; the registry expires one that nobody has decided in time.
 */
export const reviewActSchema = z.enum(['approve', 'reject', 'expire', 'reopen']);
export type ReviewAct = z.infer<typeof reviewActSchema>;

/** A candidate that waits, with what a decision must be bound to. */
export const reviewSchema = z
  .object({
    model: nameSchema,
    version: z.int().min(1),
    reportDigest: digestSchema,
    /** The champion's generation that the report compares with; 0 where there was no champion. */
    championGeneration: z.int().min(0),
    environment: nameSchema,
    gateVerdict: gateVerdictSchema,
    requiredApprovals: z.int().min(1),
    /** Those that count now. */
    approvals: z.array(z.object({ by: z.string(), at: timestampSchema, reason: z.string() })),
    /** Every decision that was ever taken on the version, oldest first: a withdrawal starts anew, and these stay. */
    decisions: z
      .array(
        z.object({
          by: z.string(),
          at: timestampSchema,
          reason: z.string(),
          decision: reviewActSchema,
          overrideGate: z.boolean(),
          reportDigest: digestSchema,
        }),
      )
      .default([]),
    /** What can be decided on it now: nothing on what was rejected, say, or that an approval be taken back of what never served. */
    allows: z.array(z.enum(['approve', 'reject'])).default([]),
    createdAt: timestampSchema,
    /** When it expires, or did, unless somebody decides before; null: never. */
    expiresAt: timestampSchema.nullable().default(null),
    /** How often was reminded of it since it waits, and when last. */
    reminders: z.int().min(0).default(0),
    remindedAt: timestampSchema.nullable().default(null),
  })
  .meta({ id: 'Review' });
export type Review = z.infer<typeof reviewSchema>;

/** A person's decision, bound to what they saw. */
export const reviewDecisionSchema = z
  .object({
    reportDigest: digestSchema,
    championGeneration: z.int().min(0),
    reason: z.string().trim().min(1).max(2000),
    /** Needed to approve a candidate whose gate failed; the reason is ledgered. */
    overrideGate: z.boolean().default(false),
  })
  .meta({ id: 'ReviewDecision' });
export type ReviewDecision = z.input<typeof reviewDecisionSchema>;

/** An admin's word that a version which expired is to be decided after all. */
export const reopenRequestSchema = z
  .strictObject({ reason: z.string().trim().min(1).max(2000) })
  .meta({ id: 'ReopenRequest' });
export type ReopenRequest = z.infer<typeof reopenRequestSchema>;

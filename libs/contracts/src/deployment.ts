/**
 * deployment.v1: what should be served where, as the ledger decided it, and what replicas say back.
 * Order is (epoch, generation), never time: a replica ignores whatever is not newer than what it holds.
 */
import { z } from 'zod';
import { digestSchema, nameSchema, timestampSchema } from './digest.js';
import { pinSchema } from './pin.js';
import { ledgerTrialSchema, trialReportSchema } from './trial.js';
import { variantNameSchema } from './variant.js';

/**
 * `restore`: what was served before, once more, in the epoch that follows a restored database. `trial`: the champion stays, and a version
 * beside it gets another share of requests. `trial_end`: it gets none any more.
 */
export const ledgerActionSchema = z.enum(['promote', 'rollback', 'restore', 'trial', 'trial_end']);

/** Whether a row of the ledger leaves the champion as it is. */
export const keepsChampion = ({ action }: { readonly action: z.infer<typeof ledgerActionSchema> }): boolean =>
  action === 'trial' || action === 'trial_end';

/** One row of the append-only list of what was deployed where, by whom and why. */
export const ledgerEntrySchema = z
  .object({
    model: nameSchema,
    environment: nameSchema,
    epoch: z.int().min(1),
    /** Gapless from 1, for one model in one environment. */
    generation: z.int().min(1),
    action: ledgerActionSchema,
    version: z.int().min(1),
    /** Absent in rows from before there were others: `fp32`. No default, since a row's hash is taken of what was written. */
    variant: variantNameSchema.optional(),
    artifactDigest: digestSchema,
    previousVersion: z.int().min(1).nullable(),
    reportDigest: digestSchema,
    by: z.string(),
    reason: z.string(),
    /** The stage that should have come before and was skipped, for the reason above; absent where none was. */
    skippedStage: nameSchema.optional(),
    /** Of `trial` and `trial_end`: what is, or was, beside the champion, which the other fields name. */
    trial: ledgerTrialSchema.optional(),
    at: timestampSchema,
    /** sha256 over the previous row's hash and this row's body. */
    hash: digestSchema,
    previousHash: digestSchema.nullable(),
  })
  .meta({ id: 'LedgerEntry' });
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;

/** One version that a replica should have loaded. */
export const servableSchema = z.object({
  version: z.int().min(1),
  variant: variantNameSchema.default('fp32'),
  artifactDigest: digestSchema,
  goldenDigest: digestSchema,
});
export type Servable = z.infer<typeof servableSchema>;

export const deploymentSchema = z
  .object({
    schemaVersion: z.literal('deployment.v1'),
    model: nameSchema,
    /** What the model is by, whatever it is called. Absent from what was kept before there were renames. */
    modelId: z.uuid().optional(),
    environment: nameSchema,
    epoch: z.int().min(1),
    generation: z.int().min(1),
    role: z.enum(['champion', 'shadow', 'canary']),
    /** Share of traffic, percent; 100 for a champion. */
    percent: z.number().min(0).max(100),
    /** Of a shadow or canary: what its requests are counted for. */
    trialId: z.uuid().optional(),
    target: servableSchema,
    /** Kept loaded and verified, so that a rollback is a pointer swap. */
    previous: servableSchema.nullable(),
    at: timestampSchema,
  })
  .meta({ id: 'Deployment' });
export type Deployment = z.infer<typeof deploymentSchema>;

/** A version that replicas are asked to load before it is committed. */
export const preparationSchema = z
  .object({ promotionId: z.string(), model: nameSchema, environment: nameSchema, target: servableSchema })
  .meta({ id: 'Preparation' });
export type Preparation = z.infer<typeof preparationSchema>;

/** Everything a replica of one environment has to know; the answer to its lease. */
export const desiredStateSchema = z
  .object({ epoch: z.int().min(1), deployments: z.array(deploymentSchema), preparations: z.array(preparationSchema) })
  .meta({ id: 'DesiredState' });
export type DesiredState = z.infer<typeof desiredStateSchema>;

/** What a replica serves and has prepared: sent with every lease, and at once after a swap (the acknowledgement). */
export const replicaReportSchema = z
  .object({
    environment: nameSchema,
    /** Where clients reach it. */
    url: z.url(),
    cpuClass: z.string(),
    leaseSeconds: z.number().positive().max(300).default(5),
    serving: z.array(
      z.object({
        model: nameSchema,
        epoch: z.int(),
        generation: z.int(),
        version: z.int(),
        artifactDigest: digestSchema,
        /** When this generation began to answer there, by the replica's clock. Absent from replicas of an older build. */
        since: timestampSchema.optional(),
      }),
    ),
    prepared: z.array(z.object({ promotionId: z.string(), ok: z.boolean(), error: z.string().optional() })),
    /** What keeps it from what it should serve, for a person. */
    problems: z.array(z.object({ model: nameSchema, message: z.string() })).default([]),
    /** What people set there by hand; the entry of `serving` names the pinned version then. Absent from replicas of an older build. */
    pins: z.array(pinSchema).optional(),
    /** Of each trial that it takes part in. */
    trials: z.array(trialReportSchema).max(100).default([]),
  })
  .meta({ id: 'ReplicaReport' });
export type ReplicaReport = z.infer<typeof replicaReportSchema>;

export const replicaSchema = replicaReportSchema
  .extend({ id: z.string(), live: z.boolean(), renewedAt: timestampSchema, expiresAt: timestampSchema })
  .meta({ id: 'Replica' });
export type Replica = z.infer<typeof replicaSchema>;

export const PROMOTION_STATES = ['requested', 'preparing', 'committed', 'swapped', 'failed'] as const;
export const promotionSchema = z
  .object({
    id: z.string(),
    model: nameSchema,
    environment: nameSchema,
    version: z.int().min(1),
    variant: variantNameSchema,
    /** The generation that the caller saw; the commit is refused when it has moved. */
    expectedGeneration: z.int().min(0),
    state: z.enum(PROMOTION_STATES),
    /** The generation it was committed as. */
    generation: z.int().min(1).nullable(),
    /** Whoever asked said that the version needn't be served in an earlier stage first. */
    skipStages: z.boolean().default(false),
    by: z.string(),
    reason: z.string(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
  })
  .meta({ id: 'Promotion' });
export type Promotion = z.infer<typeof promotionSchema>;

export const newPromotionSchema = z
  .object({
    version: z.int().min(1),
    /** Absent: the one that the version prefers. */
    variant: variantNameSchema.optional(),
    environment: nameSchema.default('production'),
    expectedGeneration: z.int().min(0),
    /** Promote although the version has not been served in the stage before; the ledger keeps that, and the reason. */
    skipStages: z.boolean().default(false),
    reason: z.string().trim().min(1).max(2000),
  })
  .meta({ id: 'NewPromotion' });
export type NewPromotion = z.input<typeof newPromotionSchema>;

export const rollbackRequestSchema = z
  .object({
    environment: nameSchema.default('production'),
    /** Default: the newest earlier version that is not withdrawn. */
    toVersion: z.int().min(1).optional(),
    /** The generation that the caller saw: refused when it has moved, so that asking twice takes back once. */
    expectedGeneration: z.int().min(1).optional(),
    reason: z.string().trim().min(1).max(2000),
  })
  .meta({ id: 'RollbackRequest' });
export type RollbackRequest = z.input<typeof rollbackRequestSchema>;

/** What the event stream tells: a hint to look again, with what changed. Never the truth itself. */
export const registryEventSchema = z
  .object({
    id: z.int().min(1),
    kind: z.enum([
      'deployment',
      'preparation',
      'promotion',
      'run',
      'review',
      'reminder',
      'dataset',
      'dataset_version',
      'pipeline',
      'replica',
      'selection',
      'reproduction',
      'bulk_classification',
      'trial',
      'webhook',
    ]),
    /** The id of what changed: model, run, promotion… */
    subject: z.string(),
    environment: nameSchema.nullable(),
    at: timestampSchema,
    /** Of a deployment: the champion as it was when this was told, for who follows it; newer than what changed, where that went on. */
    deployment: deploymentSchema.optional(),
  })
  .meta({ id: 'RegistryEvent' });
export type RegistryEvent = z.infer<typeof registryEventSchema>;

/** pipeline.v1: the declared whole of a retraining, as people write it in YAML. */
import { z } from 'zod';
import { digestOfText, canonicalJson } from './canonical-json.js';
import { digestSchema, nameSchema, shareSchema, timestampSchema, type Digest } from './digest.js';

export const STRATEGIES = ['head'] as const;

export const pipelineDataSchema = z.strictObject({
  /** The dataset whose versions this pipeline subscribes to. */
  dataset: nameSchema,
});

export const pipelineTrainSchema = z.strictObject({
  /** `architecture.tag`, or an architecture alone for its default tag. */
  backbone: z.string().min(1).default('efficientnet_lite0'),
  /** Where the backbone's weights come from; default: the catalog's own reference. */
  weights: z.string().min(1).optional(),
  /** Height and width of the images that the network sees, pixels; default: the backbone's own. Smaller is faster, larger sees more. */
  inputSize: z.int().min(16).max(1024).optional(),
  /** `head`: the backbone stays frozen, a linear classifier learns on its cached features. */
  strategy: z.enum(STRATEGIES).default('head'),
  epochs: z.int().min(1).max(10_000).default(120),
  batchSize: z.int().min(1).max(65_536).default(256),
  /** Peak learning rate of AdamW. */
  learningRate: z.number().positive().max(10).default(0.002),
  /** Decoupled weight decay, on the weights alone (never on a bias). */
  weightDecay: z.number().min(0).max(10).default(0.1),
  labelSmoothing: z.number().min(0).max(0.5).default(0.1),
  /** Epochs without a better val loss before training stops; the best epoch's weights are kept. */
  patience: z.int().min(1).default(20),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0),
});

export const pipelineGateSchema = z.strictObject({
  /** How far below the champion the candidate may be and still count as not inferior, as a share of images. */
  margin: shareSchema.default(0.01),
  /** Significance level of the paired tests. */
  alpha: z.number().gt(0).lt(0.5).default(0.05),
  minAccuracy: shareSchema.optional(),
  /** Below this many paired test images the verdict is `insufficient`. */
  minTestImages: z.int().min(1).default(30),
  /** Median latency of one image, in milliseconds, on the evaluating machine. */
  maxLatencyMs: z.number().positive().optional(),
  maxBytes: z.int().positive().optional(),
  /** What `insufficient` evidence means: a person decides, or the candidate is blocked. */
  onInsufficient: z.enum(['review', 'block']).default('review'),
});
export type GatePolicy = z.infer<typeof pipelineGateSchema>;

export const pipelineReviewSchema = z.strictObject({
  /** How many different people must approve. */
  approvals: z.int().min(1).max(2).default(1),
  /** Promote without a person when the gate passes. */
  autoPromote: z.boolean().default(false),
});

export const pipelineRolloutSchema = z.strictObject({
  environment: nameSchema.default('production'),
  /** Share of live replicas that must have prepared the version before it is committed. */
  quorum: z.number().gt(0).max(1).default(1),
  /** How long to wait for the replicas to prepare, in seconds. */
  prepareTimeoutSeconds: z.number().positive().max(3600).default(60),
});

export const pipelineSchema = z
  .strictObject({
    schemaVersion: z.literal('pipeline.v1'),
    name: nameSchema,
    /** The model whose versions this pipeline makes; default: the pipeline's name. */
    model: nameSchema.optional(),
    data: pipelineDataSchema,
    train: pipelineTrainSchema.prefault({}),
    /** Precisions to export; each is evaluated on its own. */
    variants: z
      .array(z.enum(['fp32']))
      .min(1)
      .default(['fp32']),
    gate: pipelineGateSchema.prefault({}),
    review: pipelineReviewSchema.prefault({}),
    rollout: pipelineRolloutSchema.prefault({}),
    /** At most so many runs a day; null: no limit. */
    maxRunsPerDay: z.int().min(1).nullable().default(null),
  })
  .meta({ id: 'Pipeline' });
export type Pipeline = z.infer<typeof pipelineSchema>;

export const modelOf = (pipeline: Pipeline): string => pipeline.model ?? pipeline.name;

/** The digest of everything in the pipeline. A run records it. */
export const pipelineDigest = (pipeline: Pipeline): Digest => digestOfText(canonicalJson(pipeline));

/**
 * The digest of what decides a run's weights: data, train and variants. Gate, review and rollout are left out, so that
 * a changed policy doesn't train again.
 */
export const trainDigest = ({ schemaVersion, data, train, variants }: Pipeline): Digest =>
  digestOfText(canonicalJson({ schemaVersion, data, train, variants }));

/** A pipeline as the registry keeps it: every applied text is a version. */
export const pipelineVersionSchema = z
  .object({
    name: nameSchema,
    number: z.int().min(1),
    digest: digestSchema,
    pipeline: pipelineSchema,
    /** The file as it was applied, comments and all. */
    yaml: z.string(),
    enabled: z.boolean(),
    createdAt: timestampSchema,
  })
  .meta({ id: 'PipelineVersion' });
export type PipelineVersion = z.infer<typeof pipelineVersionSchema>;

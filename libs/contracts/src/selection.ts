/** Selections: which pre-trained backbone is worth deploying for a dataset. What is asked, and selection.v1, the answer. */
import { z } from 'zod';
import { canonicalJson, digestOfText } from './canonical-json.js';
import { digestSchema, intervalSchema, nameSchema, shareSchema, type Digest } from './digest.js';
import { latencySchema } from './evaluation.js';
import { STRATEGIES } from './pipeline.js';
import { parseVariant, variantNameSchema, type VariantName } from './variant.js';

/** `backbone` or `backbone:variant`: `efficientnet_lite0`, `resnet50.tv2_in1k:int8`, `efficientnet_lite0:pruned60`. */
export const candidateNameSchema = z
  .string()
  .min(1)
  .max(200)
  .refine((name) => /^[a-z0-9][a-z0-9._-]*(:[a-z0-9-]+)?$/i.test(name), {
    error: ({ input }) => `expected a backbone, or backbone:variant, got ${JSON.stringify(input)}`,
  })
  .refine((name) => !name.includes(':') || variantNameSchema.safeParse(name.slice(name.indexOf(':') + 1)).success, {
    error: ({ input }) =>
      `expected a variant after the colon (fp32, int8, pruned10 to pruned99, or such a one with -int8), got ${JSON.stringify(input)}`,
  });
export type CandidateName = z.infer<typeof candidateNameSchema>;

/** @param name as `candidateNameSchema` lets it through; without a variant it is `fp32`. */
export const parseCandidate = (name: CandidateName): { readonly backbone: string; readonly variant: VariantName } => {
  const colon = name.indexOf(':');
  return colon === -1
    ? { backbone: name, variant: 'fp32' }
    : { backbone: name.slice(0, colon), variant: name.slice(colon + 1) };
};

/**
 * What is probed for a candidate: the backbone as it is, in float32 or in eight bits. A pruned form is worth something only once it
 * is trained again, so that what it is pruned from stands for it until then.
 */
export const probeTargetOf = (
  name: CandidateName,
): {
  readonly target: CandidateName;
  readonly backbone: string;
  readonly embedder: 'fp32' | 'int8';
  readonly of: 'itself' | 'original';
} => {
  const { backbone, variant } = parseCandidate(name);
  const { precision: embedder, macsShare } = parseVariant(variant);
  const target = embedder === 'fp32' ? backbone : `${backbone}:${embedder}`;
  return { target, backbone, embedder, of: macsShare === null ? 'itself' : 'original' };
};

/** What a candidate has to keep to; what is left out limits nothing. */
export const selectionLimitsSchema = z.strictObject({
  /** Median latency of one image on the measuring machine, milliseconds. */
  maxMs: z.number().positive().optional(),
  /** Of the ONNX file that would be served. */
  maxBytes: z.int().positive().optional(),
  minAccuracy: shareSchema.optional(),
});
export type SelectionLimits = z.infer<typeof selectionLimitsSchema>;

export const selectionRequestSchema = z
  .strictObject({
    schemaVersion: z.literal('selection-request.v1'),
    dataset: nameSchema,
    datasetVersion: digestSchema,
    candidates: z
      .array(candidateNameSchema)
      .min(1)
      .max(32)
      .refine((names) => new Set(names).size === names.length, { error: 'each candidate once' }),
    limits: selectionLimitsSchema.prefault({}),
    /** How many are fine-tuned; 0: the probes alone decide. */
    finalists: z.int().min(0).max(8).default(2),
    /** How the finalists are fine-tuned, as a pipeline's `train.strategy`. */
    strategy: z.enum(STRATEGIES).default('auto'),
    folds: z.int().min(2).max(10).default(5),
    /** Significance level of the paired tests: below it a candidate is shown to be worse. */
    alpha: z.number().gt(0).lt(0.5).default(0.05),
    /** Of the folds, of the sample where a dataset is large, and of the finalists' trainings. */
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(0),
  })
  .meta({ id: 'SelectionRequest' });
export type SelectionRequest = z.infer<typeof selectionRequestSchema>;

/** The digest of everything that was asked: the same request is answered once. */
export const selectionDigest = (request: SelectionRequest): Digest => digestOfText(canonicalJson(request));

/** A candidate's linear probe: cross-validated on the train and val images, on frozen features. */
export const probeSchema = z.object({
  /** Of all images, each judged by the probe of the fold that left it out. */
  accuracy: intervalSchema,
  folds: z.array(
    z.object({
      images: z.int().min(1),
      right: z.int().min(0),
      /** Of the probe's ridge regression, chosen within the other folds. */
      ridge: z.number().positive(),
    }),
  ),
  /**
   * What was probed: this form itself, or the form that it is pruned from. What pruning costs shows only once the network is
   * trained again, so that it is measured on finalists.
   */
  of: z.enum(['itself', 'original']),
  /** As training plans know them: how sure the network's own classifier is, how well features part the labels; null: unknown. */
  familiarity: z.number().nullable(),
  separability: z.number().nullable(),
  /** Whether the images look like what the network was trained on; null: unknown. */
  familiar: z.boolean().nullable(),
});
export type Probe = z.infer<typeof probeSchema>;

/** Two candidates on the same images, difference in accuracy first. */
const comparisonSchema = z.object({
  /** The other one. */
  candidate: candidateNameSchema,
  /** This one's accuracy minus the other's. */
  difference: intervalSchema,
  /** Exact two-sided McNemar. */
  mcnemarP: z.number().min(0).max(1),
});
export type CandidateComparison = z.infer<typeof comparisonSchema>;

/** A finalist's fine-tuned model, judged on the val images. */
export const fineTunedSchema = z.object({
  runId: z.string(),
  strategy: z.enum(STRATEGIES).exclude(['auto']),
  /** On the val split; early stopping has looked at it too, so that it flatters all finalists a little. */
  accuracy: intervalSchema,
  latency: latencySchema,
  sizeBytes: z.int().min(1),
  artifactDigest: digestSchema,
});
export type FineTuned = z.infer<typeof fineTunedSchema>;

export const selectionCandidateSchema = z.object({
  candidate: candidateNameSchema,
  /** The backbone's full name, `architecture.tag`. */
  backbone: z.string(),
  variant: variantNameSchema,
  /** With a classifier for the dataset's labels. */
  parameters: z.int().min(1),
  /** Multiply-accumulates of one image. */
  macs: z.int().min(1),
  sizeBytes: z.int().min(1),
  latency: latencySchema,
  probe: probeSchema,
  /** Whether no candidate is at least as accurate, fast and small, and better in one of them. */
  onFront: z.boolean(),
  /** The most accurate of those that are; null on the front. */
  dominatedBy: candidateNameSchema.nullable(),
  /** On the front, and yet not shown to be more accurate than this one, which is faster and no larger; null: there is none. */
  notShownBetterThan: candidateNameSchema.nullable(),
  /** Beside the most accurate candidate of all; null for that one. */
  againstBest: comparisonSchema.nullable(),
  /** The limits that it breaks, with what was found, for a person. */
  excludedBy: z.array(z.object({ limit: z.enum(['maxMs', 'maxBytes', 'minAccuracy']), detail: z.string() })),
  /** Null for what was no finalist. */
  fineTuned: fineTunedSchema.nullable(),
});
export type SelectionCandidate = z.infer<typeof selectionCandidateSchema>;

export const SELECTION_WARNINGS = [
  /** The candidate with the most parameters isn't the most accurate, or isn't shown to be. */
  'biggest_not_best',
  /** The images look unlike those that the networks learned from. */
  'domain_far',
  /** Images are too few to tell the candidates apart. */
  'few_images',
  /** Every candidate breaks a limit. */
  'none_feasible',
  /** What the probes said and what fine-tuning came to differ. */
  'finalists_disagree',
  /** A finalist could not be fine-tuned. */
  'finalist_failed',
] as const;
export const selectionWarningSchema = z.object({ kind: z.enum(SELECTION_WARNINGS), message: z.string() });
export type SelectionWarning = z.infer<typeof selectionWarningSchema>;

export const recommendationSchema = z.object({
  candidate: candidateNameSchema,
  /** For a person, one sentence each. */
  reasons: z.array(z.string()).min(1),
});
export type Recommendation = z.infer<typeof recommendationSchema>;

export const selectionSchema = z
  .object({
    schemaVersion: z.literal('selection.v1'),
    request: selectionRequestSchema,
    /** Train and val images that the probes were cross-validated on; the test split is never looked at. */
    images: z.int().min(1),
    /** Val images that the finalists were judged on. */
    valImages: z.int().min(0),
    labels: z.int().min(2),
    /** In the order asked. */
    candidates: z.array(selectionCandidateSchema).min(1),
    /** Null where every candidate breaks a limit. */
    recommendation: recommendationSchema.nullable(),
    warnings: z.array(selectionWarningSchema),
  })
  .meta({ id: 'Selection' });
export type Selection = z.infer<typeof selectionSchema>;

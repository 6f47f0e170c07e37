/** pipeline.v1: the declared whole of a retraining, as people write it in YAML. */
import { z } from 'zod';
import { digestOfText, canonicalJson } from './canonical-json.js';
import { cronProblem } from './cron.js';
import { digestSchema, nameSchema, shareSchema, timestampSchema, type Digest } from './digest.js';
import { variantNameSchema, type VariantName } from './variant.js';

/**
 * What learns. `head`: a linear classifier on frozen features; `partial`: the last stages too, on activations cached where
 * frozen ends; `full`: everything, from pre-trained weights; `scratch`: everything, from random ones; `auto`: whichever of
 * them the data can bear, decided at the start of a run.
 */
export const STRATEGIES = ['auto', 'head', 'partial', 'full', 'scratch'] as const;

/** Rules that stop a training known to go wrong. A pipeline that names one in `train.allow` is warned by it instead. */
export const GUARD_RAILS = ['scratch_on_few_images', 'too_many_parameters', 'too_few_images'] as const;

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
  strategy: z
    .enum(STRATEGIES, {
      error: ({ input }) =>
        input === 'none'
          ? 'a backbone that has learned none of your labels cannot serve them: choose `head`, the least that must be trained, or another of auto, partial, full, scratch'
          : undefined,
    })
    .default('head'),
  /** `partial`: how many of the network's last stages learn; default: as few as do a fair share of its work. */
  stages: z.int().min(1).max(16).optional(),
  /**
   * What the frozen part is computed in (`head`, `partial`). `int8`: calibrated once, on the first run's training images,
   * and the same ever after; embeds and serves about twice as fast, and what is trained is trained on what it gives.
   */
  embedder: z.enum(['fp32', 'int8']).default('fp32'),
  /** Passes over the training images; default by strategy. */
  epochs: z
    .int()
    .min(1, { error: 'a model that learns for no epoch is an untuned backbone: at least 1 is needed' })
    .max(10_000)
    .optional(),
  /** Images of one step of the optimizer; default by strategy. */
  batchSize: z.int().min(1).max(65_536).optional(),
  /** `adamw` (Loshchilov & Hutter) or `sgd` with momentum; default by strategy. */
  optimizer: z.enum(['adamw', 'sgd']).optional(),
  /** Of `sgd`: share of the last step that is kept. */
  momentum: z.number().min(0).lt(1).default(0.9),
  /** Peak learning rate, after warm-up; default by strategy and optimizer. */
  learningRate: z.number().positive().max(10).optional(),
  /** Share of all steps over which the learning rate rises to its peak; then it falls along half a cosine. */
  warmUp: z.number().min(0).max(0.5).default(0.05),
  /** Each stage further from the classifier learns at this share of the rate of the one after it; default by strategy. */
  layerDecay: z.number().gt(0).max(1).optional(),
  /** Decay of the weights alone, never of a bias or a batch norm; default by strategy. */
  weightDecay: z.number().min(0).max(10).optional(),
  labelSmoothing: z.number().min(0).max(0.5).default(0.1),
  /** `balanced`: every label counts the same, however many images it has. */
  classWeights: z.enum(['none', 'balanced']).default('none'),
  /** The largest norm of all gradients together; null: any; default by strategy. */
  clipNorm: z.number().positive().nullable().optional(),
  /** Weight of the past in the running average of the weights, which is what is kept; null: no average; default by strategy. */
  averageDecay: z.number().gt(0).lt(1).nullable().optional(),
  /** What batch norms of layers that learn normalize by: `frozen` statistics of pre-training, or the `batch`'s; default by strategy. */
  batchNorm: z.enum(['frozen', 'batch']).optional(),
  /** Random views of the training images (`full`, `scratch`); default by strategy. */
  augment: z
    .strictObject({
      /** Mirror half of them, left to right. */
      flip: z.boolean().default(true),
      /** A random crop covers at least this share of the picture; 1: the whole centre crop, always. */
      minCropShare: z.number().min(0.05).max(1).default(0.35),
      /** Brightness, contrast and saturation change by up to this share. */
      colour: z.number().min(0).max(0.9).default(0.1),
    })
    .optional(),
  /** What maps are computed in while training; `auto`: bfloat16 where the machine has units for it. */
  precision: z.enum(['auto', 'float32', 'bfloat16']).default('auto'),
  /** Epochs without a better val loss before training stops; the best epoch's weights are kept. Default by strategy. */
  patience: z.int().min(1).optional(),
  /** For `auto`: the training may be expected to take so long, in minutes. */
  budgetMinutes: z.number().positive().optional(),
  /** Guard rails that warn instead of refusing. */
  allow: z.array(z.enum(GUARD_RAILS)).default([]),
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
  /** Hours between two reminders of a candidate that waits; null: none. Default: 24 (reviewTimes). */
  remindEveryHours: z.number().positive().max(8760).nullable().optional(),
  /** Days until a candidate that nobody has decided expires; null: never. Default: 30 (reviewTimes). */
  expireAfterDays: z.number().positive().max(3650).nullable().optional(),
});

const REVIEW_TIMES = { remindEveryHours: 24, expireAfterDays: 30 } as const;
type ReviewPolicy = z.infer<typeof pipelineReviewSchema>;

/**
 * How long a candidate waits for a person, as a pipeline says. The defaults are put in here and not by the schema, so that pipelines from
 * before there were any keep their digests.
 * @returns whole seconds, at least 1; null: no reminders, no expiry
 */
export const reviewTimes = ({
  remindEveryHours = REVIEW_TIMES.remindEveryHours,
  expireAfterDays = REVIEW_TIMES.expireAfterDays,
}: Pick<ReviewPolicy, 'remindEveryHours' | 'expireAfterDays'>): {
  remindEverySeconds: number | null;
  expireAfterSeconds: number | null;
} => {
  const toSeconds = (amount: number | null, unit: number): number | null =>
    amount === null ? null : Math.max(1, Math.round(amount * unit));
  return {
    remindEverySeconds: toSeconds(remindEveryHours, 3_600),
    expireAfterSeconds: toSeconds(expireAfterDays, 86_400),
  };
};

export const pipelineRolloutSchema = z.strictObject({
  environment: nameSchema.default('production'),
  /**
   * Environments in the order in which a version comes into them, the last being `environment`: into each but the first only what is
   * served in the one before, or was. A pipeline that promotes by itself does so into the first. Absent: there are no stages.
   */
  stages: z
    .array(nameSchema)
    .min(2, { error: 'stages are two environments or more' })
    .max(8)
    .refine((names) => new Set(names).size === names.length, { error: 'each stage once' })
    .optional(),
  /** Share of live replicas that must have prepared the version before it is committed. */
  quorum: z.number().gt(0).max(1).default(1),
  /** How long to wait for the replicas to prepare, in seconds. */
  prepareTimeoutSeconds: z.number().positive().max(3600).default(60),
});

export const TRIGGERS = ['landing', 'drift', 'schedule', 'request'] as const;

export const pipelineTriggerSchema = z.strictObject({
  /**
   * What starts a run. `landing`: every new dataset version; `drift`: a new version that drifted away from what the champion
   * learned from (it ends `skipped` where it didn't); `schedule`: the latest version, at the times of `cron`, if it has no run
   * yet; `request`: a person or a program alone, which each of the others allows as well.
   */
  on: z.enum(TRIGGERS).default('landing'),
  /** Minute, hour, day of month, month, day of week, in UTC (crontab(5)). */
  cron: z
    .string()
    .superRefine((cron, context) => {
      const message = cronProblem(cron);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .optional(),
});

export const pipelineSchema = z
  .strictObject({
    schemaVersion: z.literal('pipeline.v1'),
    name: nameSchema,
    /** The model whose versions this pipeline makes; default: the pipeline's name. */
    model: nameSchema.optional(),
    data: pipelineDataSchema,
    train: pipelineTrainSchema.prefault({}),
    /**
     * The forms that a version comes in, each evaluated on its own, in the order in which they are preferred: the first with
     * the best verdict is what a promotion serves. Default: `fp32`, or `int8` where the embedder is.
     */
    variants: z
      .array(variantNameSchema)
      .min(1)
      .max(8)
      .refine((names) => new Set(names).size === names.length, { error: 'each variant once' })
      .optional(),
    gate: pipelineGateSchema.prefault({}),
    review: pipelineReviewSchema.prefault({}),
    rollout: pipelineRolloutSchema.prefault({}),
    /** At most so many runs a day that start by themselves, less those that are skipped or fail while planned; null: no limit. */
    maxRunsPerDay: z.int().min(1).nullable().default(null),
    /** When a run starts by itself. */
    trigger: pipelineTriggerSchema.prefault({}),
  })
  .superRefine(({ trigger }, context) => {
    if ((trigger.on === 'schedule') === (trigger.cron !== undefined)) return;
    context.addIssue({
      code: 'custom',
      path: ['trigger', trigger.cron === undefined ? 'on' : 'cron'],
      message:
        trigger.cron === undefined
          ? "a pipeline on a schedule needs its times: cron: '0 3 * * 1' is Mondays at three, UTC"
          : `cron is for pipelines on a schedule, this one starts on ${trigger.on}: write on: schedule, or leave cron out`,
    });
  })
  .superRefine(({ rollout: { stages, environment } }, context) => {
    if (stages === undefined || stages.at(-1) === environment) return;
    context.addIssue({
      code: 'custom',
      path: ['rollout', 'stages'],
      message: `stages end in the environment that the model is for, which is ${environment}, got ${stages.join(', ')}`,
    });
  })
  .superRefine(({ train, variants }, context) => {
    if (train.embedder === 'fp32') return;
    if (train.strategy !== 'head' && train.strategy !== 'partial')
      context.addIssue({
        code: 'custom',
        path: ['train', 'embedder'],
        message: `an int8 embedder is what \`head\` and \`partial\` train on, got strategy \`${train.strategy}\`: choose one of them, or leave the embedder as fp32 and list int8 among the variants`,
      });
    const other = variants?.findIndex((name) => name !== 'int8') ?? -1;
    if (other !== -1)
      context.addIssue({
        code: 'custom',
        path: ['variants', other],
        message:
          'what is trained on an int8 embedder is int8: it has no other variant. Use the fp32 embedder for others',
      });
  })
  .meta({ id: 'Pipeline' });
export type Pipeline = z.infer<typeof pipelineSchema>;

export const modelOf = (pipeline: Pipeline): string => pipeline.model ?? pipeline.name;

/** The form that training itself ends in; others are made from it. */
export const baseVariant = ({ train }: Pick<Pipeline, 'train'>): VariantName => train.embedder;

/** The forms that a version of this pipeline comes in, by preference. */
export const variantsOf = ({ variants, train }: Pick<Pipeline, 'variants' | 'train'>): readonly VariantName[] =>
  variants ?? [baseVariant({ train })];

/** A review policy less the times that are the default: written or left out, it is the same policy. */
const withoutUsualTimes = ({ remindEveryHours, expireAfterDays, ...review }: ReviewPolicy): ReviewPolicy => ({
  ...review,
  ...(remindEveryHours === undefined || remindEveryHours === REVIEW_TIMES.remindEveryHours ? {} : { remindEveryHours }),
  ...(expireAfterDays === undefined || expireAfterDays === REVIEW_TIMES.expireAfterDays ? {} : { expireAfterDays }),
});

/** The digest of everything in the pipeline. A run records it. */
export const pipelineDigest = (pipeline: Pipeline): Digest =>
  digestOfText(
    canonicalJson({ ...pipeline, review: withoutUsualTimes(pipeline.review), variants: variantsOf(pipeline) }),
  );

/**
 * The digest of what decides a run's weights: data, train and variants. Gate, review and rollout are left out, so that
 * a changed policy doesn't train again.
 */
export const trainDigest = (pipeline: Pipeline): Digest => {
  const { schemaVersion, data, train } = pipeline;
  return digestOfText(canonicalJson({ schemaVersion, data, train, variants: variantsOf(pipeline) }));
};

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

/** Switches a pipeline on or off: whether runs of it start by themselves. A person may ask for one either way. */
export const pipelinePatchSchema = z.strictObject({ enabled: z.boolean() }).meta({ id: 'PipelinePatch' });
export type PipelinePatch = z.infer<typeof pipelinePatchSchema>;

/** The embedder that a pipeline keeps for one identity: the first that was made, whatever images calibrated it. */
export const pipelineEmbedderSchema = z
  .object({
    /** Of its embedder.v1 document. */
    embedder: digestSchema,
  })
  .meta({ id: 'PipelineEmbedder' });

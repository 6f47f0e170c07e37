/** feedback.v1: the true label of an answered request. The id is signed: it carries version, class and time. */
import { z } from 'zod';
import { intervalSchema, labelSchema, nameSchema, timestampSchema } from './digest.js';
import { variantNameSchema } from './variant.js';

/** Who says so: a person, or a program. */
const feedbackBySchema = z.string().trim().min(1).max(200);

export const feedbackSchema = z
  .object({
    schemaVersion: z.literal('feedback.v1').default('feedback.v1'),
    requestId: z.string().min(1).max(500),
    label: labelSchema,
    by: feedbackBySchema.optional(),
  })
  .meta({ id: 'Feedback' });
export type Feedback = z.input<typeof feedbackSchema>;

/** Feedback with what its request id says: a replica has verified the signature. */
export const verifiedFeedbackSchema = z
  .strictObject({
    /** The request id's own UUID. */
    requestId: z.uuid(),
    model: nameSchema,
    version: z.int().min(1),
    environment: nameSchema,
    epoch: z.int().min(1),
    generation: z.int().min(1),
    /** Index of the class that was answered, in the version's labels. */
    classIndex: z.int().min(0),
    answeredAt: timestampSchema,
    label: labelSchema,
    by: feedbackBySchema.nullable(),
  })
  .meta({ id: 'VerifiedFeedback' });
export type VerifiedFeedback = z.infer<typeof verifiedFeedbackSchema>;

/** Of one hand-over from a replica to the registry. */
export const MOST_FEEDBACK = 500;
export const feedbackBatchSchema = z
  .strictObject({ items: z.array(verifiedFeedbackSchema).min(1).max(MOST_FEEDBACK) })
  .meta({ id: 'FeedbackBatch' });

/** What came of one feedback. */
export const feedbackReceiptSchema = z
  .object({
    model: nameSchema,
    version: z.int().min(1),
    /** What was answered, and what is true. */
    predicted: labelSchema,
    label: labelSchema,
    /** `repeated`: the same was said before, and counts once. `corrected`: another label was, and this one counts from now on. */
    outcome: z.enum(['kept', 'repeated', 'corrected']),
  })
  .meta({ id: 'FeedbackReceipt' });
export type FeedbackReceipt = z.infer<typeof feedbackReceiptSchema>;

/** Of each of a batch, in its order: a receipt, or why it was refused. */
export const feedbackResultSchema = z
  .discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), receipt: feedbackReceiptSchema }),
    z.object({ ok: z.literal(false), code: z.enum(['not_found', 'invalid_request']), message: z.string() }),
  ])
  .meta({ id: 'FeedbackResult' });
export type FeedbackResult = z.infer<typeof feedbackResultSchema>;

/** How far back, by when the answers were given. */
export const LIVE_WINDOWS = ['day', 'week', 'all'] as const;
export type LiveWindow = (typeof LIVE_WINDOWS)[number];

export const windowAccuracySchema = z.object({
  /** Share of answers with feedback that were right (Wilson, 95%). */
  accuracy: intervalSchema,
  /** Live accuracy minus the evaluation's (Newcombe; 95% over the windows together). */
  difference: intervalSchema,
  /** Whether all of that interval is below zero. */
  isBelow: z.boolean(),
});
export type WindowAccuracy = z.infer<typeof windowAccuracySchema>;

/** How often a version was right in one environment, as far as feedback tells, beside its evaluation. */
export const liveAccuracySchema = z
  .object({
    model: nameSchema,
    version: z.int().min(1),
    environment: nameSchema,
    windows: z.object({ day: windowAccuracySchema, week: windowAccuracySchema, all: windowAccuracySchema }),
    /** On the test split, of the variant that the version prefers. */
    evaluation: intervalSchema,
  })
  .meta({ id: 'LiveAccuracy' });
export type LiveAccuracy = z.infer<typeof liveAccuracySchema>;

/** Of one image that is asked about, unless a replica is told otherwise. */
export const MOST_IMAGE_BYTES = 20 * 1024 * 1024;
/** The same in base64. */
export const MOST_IMAGE_CHARACTERS = 4 * Math.ceil(MOST_IMAGE_BYTES / 3);

/** One image, for the registry to pass on to a replica. */
export const classifyRequestSchema = z
  .object({
    /** Whose replicas answer. */
    environment: nameSchema.default('production'),
    /** The file as it is, JPEG, PNG or WebP, in base64. */
    image: z.base64().min(4).max(MOST_IMAGE_CHARACTERS),
  })
  .meta({ id: 'ClassifyRequest' });
export type ClassifyRequest = z.input<typeof classifyRequestSchema>;

/** One answer of `POST /v1/models/<name>:classify`. */
export const classificationSchema = z
  .object({
    model: z.string(),
    version: z.int().min(1),
    /** Which form of the version answered; absent from a server that doesn't say. */
    variant: variantNameSchema.optional(),
    generation: z.int().min(1),
    requestId: z.string(),
    /** Best first. */
    classes: z.array(z.object({ label: labelSchema, probability: z.number() })),
  })
  .meta({ id: 'Classification' });
export type Classification = z.infer<typeof classificationSchema>;

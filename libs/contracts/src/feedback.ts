/** feedback.v1: the true label of an answered request. The id is signed: it carries version, class and time. */
import { z } from 'zod';
import { labelSchema } from './digest.js';
import { variantNameSchema } from './variant.js';

export const feedbackSchema = z.object({
  schemaVersion: z.literal('feedback.v1'),
  requestId: z.string().min(1).max(500),
  label: labelSchema,
});
export type Feedback = z.infer<typeof feedbackSchema>;

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

/** drift.v1: how far new data lies from what the champion learned from. */
import { z } from 'zod';
import { digestSchema } from './digest.js';

export const driftSchema = z.object({
  schemaVersion: z.literal('drift.v1'),
  reference: digestSchema,
  current: digestSchema,
  referenceImages: z.int().min(0),
  newImages: z.int().min(0),
  /** Maximum mean discrepancy on features with a permutation p-value. Null where there are too few images to tell. */
  features: z
    .object({
      statistic: z.number(),
      p: z.number().min(0).max(1),
      permutations: z.int().min(1),
      alpha: z.number(),
      detected: z.boolean(),
    })
    .nullable(),
  /** Two-sample chi-square of label counts. Null where there are too few images to tell. */
  labels: z
    .object({ chiSquare: z.number(), degreesOfFreedom: z.int(), p: z.number().min(0).max(1), detected: z.boolean() })
    .nullable(),
  /** The new images that lie farthest from the reference, farthest first. */
  farthest: z.array(z.object({ sha256: digestSchema, distance: z.number() })),
});
export type Drift = z.infer<typeof driftSchema>;

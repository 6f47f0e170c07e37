/** predictions.v1: what one artifact said of each image of a split. Kept for every evaluation. */
import { z } from 'zod';
import { digestSchema, labelSchema } from './digest.js';

export const predictionSchema = z.object({
  sha256: digestSchema,
  label: labelSchema,
  source: z.string(),
  /** In the order of `labels`; they sum to 1. */
  probabilities: z.array(z.number().min(0).max(1)).min(1),
});
export type Prediction = z.infer<typeof predictionSchema>;

export const predictionsSchema = z.object({
  schemaVersion: z.literal('predictions.v1'),
  artifactDigest: digestSchema,
  datasetVersion: digestSchema,
  split: z.enum(['val', 'test']),
  labels: z.array(labelSchema).min(1),
  /** In ascending order of sha256. */
  predictions: z.array(predictionSchema),
});
export type Predictions = z.infer<typeof predictionsSchema>;

/** history.v1: how a training went, epoch by epoch. It holds no times: the same training twice is the same document. */
import { z } from 'zod';
import { digestSchema, labelSchema } from './digest.js';
import { lineageSchema } from './model-artifact.js';

export const historySchema = z.object({
  schemaVersion: z.literal('history.v1'),
  /** Of the head that came out. */
  head: digestSchema,
  labels: z.array(labelSchema).min(1),
  trainImages: z.int().min(0),
  valImages: z.int().min(0),
  /** The epoch whose weights were kept, from 1. */
  bestEpoch: z.int().min(0),
  epochs: z.array(
    z.object({
      /** From 1. */
      epoch: z.int().min(1),
      loss: z.number(),
      /** Null where there are no val images. */
      valLoss: z.number().nullable(),
      /** Share of val images that are right. */
      accuracy: z.number().nullable(),
    }),
  ),
  /** What it ran on: part of the version's lineage. */
  runtime: lineageSchema.shape.runtime,
});
export type History = z.infer<typeof historySchema>;

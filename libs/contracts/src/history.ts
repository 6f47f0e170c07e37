/** history.v1: how a training went, epoch by epoch. It holds no times: the same training twice is the same document. */
import { z } from 'zod';
import { digestSchema, labelSchema } from './digest.js';
import { lineageSchema } from './model-artifact.js';

export const historySchema = z.object({
  schemaVersion: z.literal('history.v1'),
  /** Of the weights that came out. */
  trained: digestSchema,
  /** Of the training-plan.v1 that was followed. */
  plan: digestSchema,
  labels: z.array(labelSchema).min(1),
  trainImages: z.int().min(0),
  valImages: z.int().min(0),
  /** The epoch whose weights were kept, from 1. */
  bestEpoch: z.int().min(0),
  /** What ended it: all epochs, no better val loss for long enough, or a loss that was no number any more. */
  stoppedBy: z.enum(['epochs', 'patience', 'divergence']),
  /** What maps were computed in. */
  precision: z.enum(['float32', 'bfloat16']),
  /** Images computed at a time: less than the batch where memory did not hold it. */
  microBatch: z.int().min(1),
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
  /** What the trained form answers to a few images that it did not learn from, to compare the exported form with. */
  comparison: z.array(z.object({ sha256: digestSchema, logits: z.array(z.number()).min(1) })),
  /** What it ran on: part of the version's lineage. */
  runtime: lineageSchema.shape.runtime,
});
export type History = z.infer<typeof historySchema>;

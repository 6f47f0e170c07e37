/** Documents that only trainers write and read: they pass from one activity to another by digest. */
import { z } from 'zod';
import { digestSchema } from '@graft/contracts';

/** Every image of a dataset version that had no activation when the embedding was planned. */
export const embeddingPlanDocumentSchema = z.object({
  schemaVersion: z.literal('embedding-plan.v1'),
  embedder: digestSchema,
  /** In ascending order. */
  images: z.array(digestSchema),
  reused: z.int().min(0),
});
export type EmbeddingPlanDocument = z.infer<typeof embeddingPlanDocumentSchema>;

/** The images of one embedChunk activity. */
export const embeddingChunkSchema = z.object({
  schemaVersion: z.literal('embedding-chunk.v1'),
  /** The plan that this is a part of. */
  plan: digestSchema,
  /** Images of the plan's chunks before this one, and of all: for progress. */
  before: z.int().min(0),
  total: z.int().min(1),
  /** In ascending order. */
  images: z.array(digestSchema).min(1),
});
export type EmbeddingChunk = z.infer<typeof embeddingChunkSchema>;

/** Collections of garbage: what the registry's rows refer to, and what was removed of the object store because nothing does. */
import { z } from 'zod';
import { digestSchema, timestampSchema } from './digest.js';

/** The youngest age, in seconds, from which objects are removed without force: what is under way may write and refer later. */
export const MIN_COLLECTED_AGE_SECONDS = 3600;

/** Every digest that the registry's rows name, whatever they mean by it: what has to stay, and where a walk begins. */
export const referencesSchema = z
  .object({
    /** The database's time. */
    at: timestampSchema,
    /** When the oldest work began that isn't done (ingestions, runs, selections, promotions); null: nothing is under way. */
    underWaySince: timestampSchema.nullable(),
    /** Whose checkpoints stay. */
    runsUnderWay: z.array(z.string()),
    /** By table: the digests that its rows name. */
    named: z.record(z.string(), z.array(digestSchema)),
    /** ONNX digests of the embedders whose activations enabled pipelines use next time. */
    liveEmbedders: z.array(digestSchema),
  })
  .meta({ id: 'References' });
export type References = z.infer<typeof referencesSchema>;

export const newCollectionSchema = z
  .strictObject({
    /** Objects younger than this stay. */
    olderThanSeconds: z
      .int()
      .min(0)
      .max(10 * 365 * 86_400),
    /** Allows an age below `MIN_COLLECTED_AGE_SECONDS`. */
    force: z.boolean().default(false),
  })
  .meta({ id: 'NewCollection' });
export type NewCollection = z.input<typeof newCollectionSchema>;

const amountSchema = z.object({ objects: z.int().min(0), bytes: z.int().min(0) });

/** What a collection removed. */
export const collectedSchema = z
  .strictObject({ ...amountSchema.shape, byKind: z.record(z.string().max(100), amountSchema) })
  .meta({ id: 'Collected' });
export type Collected = z.infer<typeof collectedSchema>;

/** One collection, for those who ask later who removed what. */
export const collectionSchema = z
  .object({
    id: z.string(),
    by: z.string(),
    olderThanSeconds: z.int().min(0),
    forced: z.boolean(),
    startedAt: timestampSchema,
    /** Null: it is under way, or was killed; another one goes on where it ended. */
    finishedAt: timestampSchema.nullable(),
    removed: collectedSchema.nullable(),
  })
  .meta({ id: 'Collection' });
export type Collection = z.infer<typeof collectionSchema>;

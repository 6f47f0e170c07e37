/**
 * What an ingestion passes from step to step, as documents under their digests: what landed (landing-chunk.v1), what
 * was found in it (inspected-chunk.v1), and everything that was ever looked at (landing-log.v1), so that an object is
 * read once, the quarantined included.
 */
import { z } from 'zod';
import { digestSchema, nameSchema } from './digest.js';
import { landedImageSchema, quarantineEntrySchema, quarantineReasonSchema } from './manifest.js';

/** Where a manifest puts an object, whatever its key and its metadata say. */
export const landingPlacementSchema = landedImageSchema.pick({ label: true, split: true, group: true, source: true });
export type LandingPlacement = z.infer<typeof landingPlacementSchema>;

/** An object of the landing bucket as a listing tells of it. */
export const landingObjectSchema = z.object({
  key: z.string().min(1).max(1024),
  etag: z.string(),
  sizeBytes: z.int().min(0),
  /** Of an object in a batch: what the batch's manifest says of it. Absent: its key and its metadata say it. */
  place: landingPlacementSchema.optional(),
  /** What the plan found already, so that its bytes aren't looked at: a manifest it has read, or what no manifest names. */
  settled: z
    .discriminatedUnion('outcome', [
      z.object({ outcome: z.literal('read') }),
      z.object({ outcome: z.literal('unfit'), reason: quarantineReasonSchema, detail: z.string() }),
    ])
    .optional(),
});
export type LandingObject = z.infer<typeof landingObjectSchema>;

/** Objects to look at, in ascending order of key. */
export const landingChunkSchema = z.object({
  schemaVersion: z.literal('landing-chunk.v1'),
  dataset: nameSchema,
  objects: z.array(landingObjectSchema).min(1),
});
export type LandingChunk = z.infer<typeof landingChunkSchema>;

export const inspectedObjectSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('image'), image: landedImageSchema }),
  z.object({ outcome: z.literal('quarantined'), entry: quarantineEntrySchema }),
  /** No image, and in order: an archive whose entries were put beside it, the manifest of a batch. */
  z.object({ outcome: z.literal('read'), key: z.string().min(1).max(1024), etag: z.string() }),
]);
export type InspectedObject = z.infer<typeof inspectedObjectSchema>;

/** What was found in the objects of one chunk, in the chunk's order; or in an archive: the archive, then what was refused of it. */
export const inspectedChunkSchema = z.object({
  schemaVersion: z.literal('inspected-chunk.v1'),
  dataset: nameSchema,
  /** The landing-chunk.v1 document that this answers; of an archive, one that holds the archive alone. */
  chunk: digestSchema,
  objects: z.array(inspectedObjectSchema),
});
export type InspectedChunk = z.infer<typeof inspectedChunkSchema>;

/** The part of a log whose keys' sha256 starts with `prefix`, in ascending order of key. */
export const landingLogShardSchema = z.object({
  schemaVersion: z.literal('landing-log-shard.v1'),
  prefix: z.string().regex(/^[0-9a-f]{1,4}$/),
  objects: z.array(z.object({ key: z.string().min(1).max(1024), etag: z.string() })).min(1),
});
export type LandingLogShard = z.infer<typeof landingLogShardSchema>;

/** Which objects (by key and etag) the ingestions of a dataset have looked at; sharded as a manifest is. */
export const landingLogSchema = z.object({
  schemaVersion: z.literal('landing-log.v1'),
  dataset: nameSchema,
  objects: z.int().min(0),
  shards: z.array(
    z.object({ prefix: z.string().regex(/^[0-9a-f]{1,4}$/), digest: digestSchema, objects: z.int().min(1) }),
  ),
});
export type LandingLogRoot = z.infer<typeof landingLogSchema>;

/**
 * manifest.v1: which images a dataset version holds. A version is a root document over shards by digest prefix,
 * so that a few more images rewrite at most as many shards as there are new images. Its id is the root's digest.
 */
import { z } from 'zod';
import { digestSchema, labelSchema, nameSchema, timestampSchema } from './digest.js';

export const SPLITS = ['train', 'val', 'test'] as const;
export const splitSchema = z.enum(SPLITS);
export type Split = z.infer<typeof splitSchema>;

/** What a picture is like, whatever it shows; of its luma (Rec. 709, 0 to 1). */
export const imageQualitySchema = z.object({
  /** Mean. */
  brightness: z.number().min(0).max(1),
  /** Standard deviation. */
  contrast: z.number().min(0).max(1),
  /** Variance of the Laplacian at a fixed size: low where the picture is blurred. */
  sharpness: z.number().min(0),
});
export type ImageQuality = z.infer<typeof imageQualitySchema>;

export const manifestImageSchema = z.object({
  /** Of the bytes as they landed: the image's identity, and its key in the object store. */
  sha256: digestSchema,
  /** Of the decoded pixels (EXIF applied, sRGB, RGB8, row by row) preceded by width and height. */
  pixelSha256: digestSchema,
  /** 64-bit difference hash of the pixels, as 16 hex digits. */
  perceptualHash: z.string().regex(/^[0-9a-f]{16}$/),
  /** Mean luma of 8 × 8 areas of the frame, a byte (two hex digits) each, row by row: near-duplicates agree in it. */
  lumaGrid: z
    .string()
    .regex(/^[0-9a-f]{128}$/)
    .optional(),
  /** Mean colour of the pixels as rrggbb: same shape in another colour is no near-duplicate. */
  meanColour: z
    .string()
    .regex(/^[0-9a-f]{6}$/)
    .optional(),
  label: labelSchema,
  /** Images of one group always share a split. Null: the image is its own group. */
  group: z.string().min(1).max(200).nullable(),
  split: splitSchema,
  /** The split that its uploader asked for, by folder or metadata; absent where none was. `split` is what decides. */
  fixedSplit: splitSchema.optional(),
  /** Where it came from, as the uploader named it (a camera, a site, a vendor). */
  source: z.string().min(1).max(200),
  /** The object key in the landing bucket that it was first seen under. */
  key: z.string().min(1).max(1024),
  width: z.int().min(1),
  height: z.int().min(1),
  sizeBytes: z.int().min(1),
  quality: imageQualitySchema.optional(),
  /** Number of the correction that gave it its label: a landing that says otherwise is left out alone. */
  correction: z.int().min(1).optional(),
});
export type ManifestImage = z.infer<typeof manifestImageSchema>;

/** A sound image that landed; which split it belongs to is decided when it is joined to the dataset. */
export const landedImageSchema = manifestImageSchema.omit({ split: true, fixedSplit: true, correction: true }).extend({
  etag: z.string(),
  /** The split that its uploader fixed by folder or metadata; null: the hash of its group decides. */
  split: splitSchema.nullable(),
});
export type LandedImage = z.infer<typeof landedImageSchema>;

/** The images whose sha256 starts with `prefix`, in ascending order of sha256. */
export const manifestShardSchema = z.object({
  schemaVersion: z.literal('manifest.v1'),
  prefix: z.string().regex(/^[0-9a-f]{1,4}$/),
  images: z.array(manifestImageSchema).min(1),
});
export type ManifestShard = z.infer<typeof manifestShardSchema>;

export const splitCountsSchema = z.object({ train: z.int().min(0), val: z.int().min(0), test: z.int().min(0) });
export type SplitCounts = z.infer<typeof splitCountsSchema>;

export const datasetRootSchema = z.object({
  schemaVersion: z.literal('dataset-version.v1'),
  dataset: nameSchema,
  /** Append-only: a label keeps its index for ever. */
  labels: z.array(labelSchema),
  shards: z.array(
    z.object({ prefix: z.string().regex(/^[0-9a-f]{1,4}$/), digest: digestSchema, images: z.int().min(1) }),
  ),
  images: z.int().min(0),
  bySplit: splitCountsSchema,
  byLabel: z.record(z.string(), splitCountsSchema),
  bySource: z.record(z.string(), z.int().min(0)),
  /** Old names of labels, each with the name that it has now: what lands under the old one counts as the new one. */
  renamed: z.record(z.string(), labelSchema).optional(),
  /** How many of the dataset's corrections it has taken in; absent: none. */
  corrections: z.int().min(1).optional(),
  /** Present where an earlier version, not the parent, held just this: the parent. Two versions have two ids. */
  after: digestSchema.optional(),
});
export type DatasetRoot = z.infer<typeof datasetRootSchema>;

export const QUARANTINE_REASONS = [
  'too_many_bytes',
  'too_many_pixels',
  'not_an_image',
  'unsupported_format',
  'broken_image',
  'too_small',
  'empty_file',
  'unexpected_key',
  'label_conflict',
  'bridges_splits',
  'leaks_into_test',
  /** A correction took this picture out. */
  'taken_out',
  /** Its label differs from another one in nothing but case. */
  'ambiguous_label',
  /** It lies in a batch whose manifest doesn't name it. */
  'not_in_manifest',
  /** A manifest that can't be read, or says what can't be. */
  'manifest_unfit',
  /** An archive that can't be read, or isn't safe to. */
  'archive_unfit',
] as const;
export const quarantineReasonSchema = z.enum(QUARANTINE_REASONS);
export type QuarantineReason = z.infer<typeof quarantineReasonSchema>;

export const quarantineEntrySchema = z.object({
  key: z.string(),
  etag: z.string(),
  sha256: digestSchema.nullable(),
  reason: quarantineReasonSchema,
  /** For a person: what was found, and which other image is involved where one is. */
  detail: z.string(),
  /** Of a small WebP of the picture, where it could be decoded. */
  thumbnail: digestSchema.optional(),
  /** What is known of a sound image that was left out, so that a correction can take it in. */
  image: landedImageSchema.optional(),
  /** The split that an image had in the dataset before it was left out: taken in again, it has it back. */
  split: splitSchema.optional(),
});
export type QuarantineEntry = z.infer<typeof quarantineEntrySchema>;

/** What an ingestion left out, and why. */
export const quarantineSchema = z.object({
  schemaVersion: z.literal('quarantine.v1'),
  dataset: nameSchema,
  entries: z.array(quarantineEntrySchema),
});
export type Quarantine = z.infer<typeof quarantineSchema>;

/** What the dataset (not the pipelines that use it) decides: when a landing becomes a version, and how splits are drawn. */
export const datasetPolicySchema = z.object({
  /** Seconds without a new object before a version is made. */
  quietSeconds: z.number().min(0).max(86_400).default(10),
  /** The longest wait from the first new object, in seconds; null: as long as it takes. */
  maxWaitSeconds: z.number().min(1).max(604_800).nullable().default(900),
  /** New images below which no version is made until `maxWaitSeconds` has passed. */
  minNewImages: z.int().min(1).default(1),
  /** Images that each label must have, with what landed, or no version is made until `maxWaitSeconds` has passed. */
  minPerLabel: z.int().min(1).default(1),
  /** What a landing that would train on tested images means: no run starts until a person has seen it, or it is only left out. */
  onLeakage: z.enum(['block', 'leave_out']).default('block'),
  /** Shares of groups that go to test and to val; the rest trains. Stored splits never move. */
  testShare: z.number().min(0.01).max(0.5).default(0.2),
  valShare: z.number().min(0).max(0.5).default(0.1),
});
export type DatasetPolicy = z.infer<typeof datasetPolicySchema>;

export const datasetSchema = z
  .object({
    name: nameSchema,
    policy: datasetPolicySchema,
    createdAt: timestampSchema,
    latestVersion: digestSchema.nullable(),
    /** Who stopped its watching, and when; null while it is watched. */
    paused: z.object({ by: z.string(), at: timestampSchema }).nullable(),
    /** How many corrections it has. */
    corrections: z.int().min(0),
    /** When somebody last asked to make a version of what landed without waiting; null where nobody did. */
    lookAskedAt: timestampSchema.nullable(),
  })
  .meta({ id: 'Dataset' });
export type Dataset = z.infer<typeof datasetSchema>;

/** A dataset version as the registry lists it; the root document is in the object store under `id`. */
export const datasetVersionSchema = z
  .object({
    id: digestSchema,
    dataset: nameSchema,
    /** From 1, in its dataset. */
    number: z.int().min(1),
    parent: digestSchema.nullable(),
    labels: z.array(labelSchema),
    images: z.int().min(0),
    newImages: z.int().min(0),
    bySplit: splitCountsSchema,
    bySource: z.record(z.string(), z.int()),
    quarantine: digestSchema.nullable(),
    quarantined: z.int().min(0),
    /** Of the landing-log.v1 document: every landed object looked at up to and with this version, quarantined ones too. */
    landingLog: digestSchema.nullable().default(null),
    /** Corrections taken in, counted from the dataset's first. */
    corrections: z.int().min(0).default(0),
    /** Of the taken-out.v1 document; null where nothing was taken out. */
    takenOut: digestSchema.nullable().default(null),
    /** Images of the parent that it doesn't have, and those of them that were in its test split. */
    removed: z.int().min(0).default(0),
    removedFromTest: z.int().min(0).default(0),
    /** Images that have another label than in the parent. */
    relabelled: z.int().min(0).default(0),
    /** Entries of the quarantine that would train on tested images and that nobody has dismissed. */
    leaks: z.int().min(0).default(0),
    ingestSeconds: z.number().min(0),
    createdAt: timestampSchema,
  })
  .meta({ id: 'DatasetVersion' });
export type DatasetVersion = z.infer<typeof datasetVersionSchema>;
export const newDatasetVersionSchema = datasetVersionSchema
  .omit({ number: true, createdAt: true })
  .meta({ id: 'NewDatasetVersion' });
export type NewDatasetVersion = z.input<typeof newDatasetVersionSchema>;

/** A version asked about every image under a prefix of the object store: the request, how far it is, and what is left of it. */
import { z } from 'zod';
import { AppError } from './errors.js';
import { digestSchema, nameSchema, timestampSchema } from './digest.js';
import { variantNameSchema } from './variant.js';

export const BULK_STATES = ['requested', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export const bulkStateSchema = z.enum(BULK_STATES);
export type BulkState = z.infer<typeof bulkStateSchema>;

const OBJECT_PREFIX = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/((?:[^/\0]+\/)*)$/;

/** `s3://bucket/a/folder/`; `s3://bucket/` is all of it. */
export const objectPrefixSchema = z
  .string()
  .max(1000)
  .refine((text) => OBJECT_PREFIX.test(text) && !/\/\.{1,2}\//.test(text), {
    error: 'expected a prefix of an object store that ends with a slash, such as s3://bucket/folder/',
  });

/** @throws AppError `invalid_request` for what isn't one. */
export const readObjectPrefix = (text: string): { bucket: string; prefix: string } => {
  const [, bucket, prefix] = OBJECT_PREFIX.exec(text) ?? [];
  if (bucket !== undefined && prefix !== undefined) return { bucket, prefix };
  throw new AppError('invalid_request', `"${text}" is no prefix of an object store, such as s3://bucket/folder/`);
};

/** Asking for one that is under way already gives that one. */
export const bulkRequestSchema = z
  .strictObject({
    /** Null: what serves in the environment now. */
    version: z.int().min(1).nullable().default(null),
    /** Null: the form that serves there; of a version that is named, the one that it prefers. */
    variant: variantNameSchema.nullable().default(null),
    environment: nameSchema.default('production'),
    /** Every object under it is asked about. */
    source: objectPrefixSchema,
    /** Where the answers go; nothing lies there before. */
    target: objectPrefixSchema,
    /** Classes of each answer, the most probable first. */
    top: z.int().min(1).max(1000).default(3),
  })
  .meta({ id: 'BulkRequest' });
export type BulkRequest = z.input<typeof bulkRequestSchema>;

export const bulkCountsSchema = z.object({
  /** Files with answers that are written. */
  parts: z.int().min(0),
  /** Objects that were looked at. */
  objects: z.int().min(0),
  /** Of them, those that no answer can be given of: no images, or broken. */
  unfit: z.int().min(0),
});
export type BulkCounts = z.infer<typeof bulkCountsSchema>;

/** As the registry keeps it. The artifact is fixed when it is asked for: what is promoted meanwhile changes nothing. */
export const bulkClassificationSchema = bulkCountsSchema
  .extend({
    id: z.string(),
    model: nameSchema,
    version: z.int().min(1),
    variant: variantNameSchema,
    artifactDigest: digestSchema,
    source: objectPrefixSchema,
    target: objectPrefixSchema,
    top: z.int().min(1),
    state: bulkStateSchema,
    /** Objects under the prefix when it began; null before that. */
    total: z.int().min(0).nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    by: z.string(),
    createdAt: timestampSchema,
    finishedAt: timestampSchema.nullable(),
  })
  .meta({ id: 'BulkClassification' });
export type BulkClassification = z.infer<typeof bulkClassificationSchema>;

export const isBulkOver = ({ state }: Pick<BulkClassification, 'state'>): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';

/** How far it is. Counts never go back; one that has ended stays as it is. */
export const bulkPatchSchema = z
  .discriminatedUnion('state', [
    bulkCountsSchema.partial().extend({ state: z.literal('running'), total: z.int().min(0).optional() }),
    bulkCountsSchema.extend({ state: z.literal('succeeded') }),
    z.object({ state: z.literal('failed'), error: z.object({ code: z.string(), message: z.string() }) }),
  ])
  .meta({ id: 'BulkPatch' });
export type BulkPatch = z.infer<typeof bulkPatchSchema>;

// ——— what lies under the target ———

/** A line of a part (JSON Lines): an object and what the version says of it, or why nothing can be said. Every line has every field. */
export const bulkAnswerSchema = z.strictObject({
  key: z.string(),
  etag: z.string(),
  sizeBytes: z.int().min(0),
  /** Of the bytes that were looked at; null where they weren't read. */
  sha256: digestSchema.nullable(),
  /** The most probable first; none where there is an error. */
  classes: z.array(z.object({ label: z.string(), probability: z.number().min(0).max(1) })),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type BulkAnswer = z.infer<typeof bulkAnswerSchema>;

/** `part-00000.jsonl`, in ascending order of the objects' keys. */
export const bulkPartName = (part: number): string => `part-${String(part).padStart(5, '0')}.jsonl`;
/** Where answers may lie in the bucket of artifacts: until a file of the caller's has them. */
export const BULK_FOLDER = 'bulk-classifications/';
/** Written last: where it lies, everything lies. */
export const BULK_MANIFEST = 'manifest.json';

/** bulk-manifest.v1: which version answered, and the parts with their answers. */
export const bulkManifestSchema = bulkCountsSchema.omit({ parts: true }).extend({
  schemaVersion: z.literal('bulk-manifest.v1'),
  id: z.string(),
  model: nameSchema,
  version: z.int().min(1),
  variant: variantNameSchema,
  artifactDigest: digestSchema,
  labels: z.array(z.string()).min(1),
  source: objectPrefixSchema,
  parts: z.array(z.object({ name: z.string(), sizeBytes: z.int().min(0), etag: z.string() })),
});
export type BulkManifest = z.infer<typeof bulkManifestSchema>;

// ——— workflow and activities ———

export const classifyWorkflowId = (bulkId: string): string => `classify/${bulkId}`;

/** Where it goes on from; a workflow that has gone on for long is continued as a new one. */
export const classifyPrefixInputSchema = z.object({
  bulkId: z.string(),
  /** The last key that was looked at; empty: none. */
  after: z.string().default(''),
  counts: bulkCountsSchema.default({ parts: 0, objects: 0, unfit: 0 }),
});
export type ClassifyPrefixInput = z.input<typeof classifyPrefixInputSchema>;

export const classifyPartInputSchema = z.object({ bulkId: z.string(), after: z.string(), counts: bulkCountsSchema });
export type ClassifyPartInput = z.infer<typeof classifyPartInputSchema>;

export interface ClassifiedPart {
  readonly counts: BulkCounts;
  /** Null: nothing comes after it, or somebody called it off. */
  readonly after: string | null;
}

export interface BulkControlActivities {
  /** Checks both places and counts the objects. `not_found` where nothing lies under the prefix, `conflict` where something lies at the target. */
  openBulk(input: { bulkId: string }): Promise<void>;
  /** Writes the manifest and marks it succeeded. Nothing where it was called off. */
  concludeBulk(input: { bulkId: string; counts: BulkCounts }): Promise<void>;
  failBulk(input: { bulkId: string; error: { code: string; message: string } }): Promise<void>;
}

export interface BulkEvaluateActivities {
  /** Asks the version about the next objects, and writes a part with its answers. */
  classifyPart(input: ClassifyPartInput): Promise<ClassifiedPart>;
}

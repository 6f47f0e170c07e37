/** Uploads through the registry: who holds no key to the object store asks it for addresses that take one file each. */
import { z } from 'zod';
import { labelSchema, timestampSchema } from './digest.js';
import { manifestImageSchema, splitSchema } from './manifest.js';

/** What an ingestion takes of one file. */
export const MAX_UPLOAD_BYTES = 50 * 1024 * 1024;
/** Files of one request. */
export const MAX_UPLOADS = 1000;

export const uploadRequestSchema = z
  .strictObject({
    /** The file's name under its label. */
    file: z.string().min(1).max(1024),
    label: labelSchema,
    split: splitSchema.nullable().default(null),
    group: manifestImageSchema.shape.group.default(null),
    /** Where it comes from; null: not told. */
    source: manifestImageSchema.shape.source.nullable().default(null),
    sizeBytes: z.int().min(0).max(MAX_UPLOAD_BYTES),
  })
  .meta({ id: 'UploadRequest' });
export type UploadRequest = z.input<typeof uploadRequestSchema>;

/** An address that takes just this file, until it expires: one PUT with these headers, and a body of the size that was named. */
export const signedUploadSchema = z
  .object({
    /** Of the object that it makes. */
    key: z.string(),
    url: z.url(),
    method: z.literal('PUT'),
    headers: z.record(z.string(), z.string()),
    expiresAt: timestampSchema,
    /** Of what lies under the key now, where something does: the MD5 of its bytes as a rule. */
    etag: z.string().nullable(),
  })
  .meta({ id: 'SignedUpload' });
export type SignedUpload = z.infer<typeof signedUploadSchema>;

/** Digests and the small scalar types that every schema shares. */
import { z } from 'zod';

/** A sha256 as 64 lower-case hex digits; object keys, artifact ids and manifest ids are digests. */
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/, 'expected a sha256: 64 lower-case hex digits');
export type Digest = z.infer<typeof digestSchema>;

/** A name that people choose: dataset, pipeline, model, environment. It fits in an S3 key and in a URL as it is. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/,
    'expected 1–63 of a–z, 0–9, ".", "_", "-", starting and ending with a letter or digit',
  );

/** A class label as versions keep it; `readLabel` says what new ones may be. Control characters and slashes would break keys and terminals. */
export const labelSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^/\u0000-\u001f\u007f]+$/, 'a label holds no slash and no control character')
  .refine((label) => label !== '.' && label !== '..', 'a label is not "." or ".."');

/** A moment, ISO 8601 in UTC. */
export const timestampSchema = z.iso.datetime({ offset: true });

/** A share, 0 to 1. */
export const shareSchema = z.number().min(0).max(1);

/** A point estimate with its confidence interval (level in the field that holds it, 95% by default). */
export const intervalSchema = z.object({
  value: z.number(),
  lower: z.number(),
  upper: z.number(),
  /** How many observations it rests on. */
  n: z.int().min(0),
});
export type Interval = z.infer<typeof intervalSchema>;

/** golden.v1: inputs and the outputs that the exported artifact gave for them; a replica checks them before it serves. */
import { z } from 'zod';
import { digestSchema } from './digest.js';

export const goldenSchema = z.object({
  schemaVersion: z.literal('golden.v1'),
  artifactDigest: digestSchema,
  /** Where the outputs were recorded; the tolerance is wider for another class. */
  cpuClass: z.string(),
  cases: z
    .array(
      z.object({
        /** The image's digest in the object store. */
        sha256: digestSchema,
        probabilities: z.array(z.number()).min(1),
      }),
    )
    .min(1),
  /** Largest allowed absolute difference of a probability, on the same CPU class and on another. */
  tolerance: z.object({ sameClass: z.number().positive(), otherClass: z.number().positive() }),
});
export type Golden = z.infer<typeof goldenSchema>;

/** Same kernels: rounding of a batch's shape alone. Other kernels: fused or reordered sums, on probabilities. */
export const GOLDEN_TOLERANCE = { sameClass: 1e-4, otherClass: 5e-3 } as const;

/** Erasures: objects that people had removed for good, and what stays to tell of it. */
import { z } from 'zod';
import { digestSchema, timestampSchema, type Digest } from './digest.js';
import { AppError } from './errors.js';

const reasonSchema = z.string().trim().min(1).max(2000);

export const newErasureSchema = z
  .strictObject({
    digest: digestSchema,
    reason: reasonSchema,
    /** What referred to it, for those who read it later: "image insects/ants/1.jpg of insects 3". */
    referrers: z.array(z.string().min(1).max(2000)).max(1000),
    /** Erases also what an environment serves, or can go back to. */
    force: z.boolean().default(false),
  })
  .meta({ id: 'NewErasure' });
export type NewErasure = z.input<typeof newErasureSchema>;

/** A tombstone: it stays when the bytes are gone. */
export const erasureSchema = newErasureSchema
  .omit({ force: true })
  .extend({ forced: z.boolean(), by: z.string(), at: timestampSchema })
  .meta({ id: 'Erasure' });
export type Erasure = z.infer<typeof erasureSchema>;

/** erased.v1: lies in the object store where the bytes were, so that whoever looks for them reads why they aren't there. */
export const erasedMarkSchema = z.object({
  schemaVersion: z.literal('erased.v1'),
  digest: digestSchema,
  reason: reasonSchema,
  by: z.string(),
  at: timestampSchema,
});
export type ErasedMark = z.infer<typeof erasedMarkSchema>;

type Told = Pick<ErasedMark, 'by' | 'at' | 'reason'>;

/** "erased by kim on 2026-11-26: the person asked". */
export const describeErasure = ({ by, at, reason }: Told): string => `erased by ${by} on ${at.slice(0, 10)}: ${reason}`;

/** That an object isn't there since it was erased: `not_found`, with the mark as `details.erased`. */
export const erasedError = (mark: ErasedMark): AppError =>
  new AppError('not_found', `object ${mark.digest} was ${describeErasure(mark)}`, {
    details: { digest: mark.digest, erased: mark },
  });

/** What an error says of an erasure; null where it is none. */
export const erasureOf = (thrown: unknown): (Told & { readonly digest: Digest }) | null =>
  thrown instanceof AppError ? (erasedMarkSchema.safeParse(thrown.details['erased']).data ?? null) : null;

/**
 * Corrections: what people decide about images that are in a dataset, or were left out of it. A correction is data: it is
 * numbered within its dataset, never changed, and the next version takes it in. Earlier versions stay what they are.
 */
import { z } from 'zod';
import { labelSchema, nameSchema, timestampSchema } from './digest.js';
import { manifestImageSchema } from './manifest.js';

/** Images of one correction: what is larger is several corrections. */
export const MAX_CORRECTED_IMAGES = 10_000;

/** An image, by the sha256 of its bytes or by the key of the landed object. */
export const imageRefSchema = z.string().min(1).max(1024);

const imageRefsSchema = z.array(imageRefSchema).min(1).max(MAX_CORRECTED_IMAGES);

export const correctionActionSchema = z.discriminatedUnion('action', [
  /** Gives images another label, or takes images in that wait in the quarantine for a person to say what they show. */
  z.strictObject({ action: z.literal('relabel'), images: imageRefsSchema, label: labelSchema }),
  /** Takes images out of all versions to come; landed again, they stay out. */
  z.strictObject({ action: z.literal('remove'), images: imageRefsSchema }),
  /** Puts images back that a correction took out, with the split they had. */
  z.strictObject({ action: z.literal('restore'), images: imageRefsSchema }),
  /** Another name for a label, at the same place in the signature; what lands under the old name counts as the new one. */
  z.strictObject({ action: z.literal('rename'), from: labelSchema, to: labelSchema }),
  /** Takes out what one version brought, and puts back what it withdrew: as if its landing had never been. */
  z.strictObject({ action: z.literal('revert'), version: z.int().min(1) }),
  /** Entries of the quarantine that a person has seen, and that need nothing more. By key of the landed object. */
  z.strictObject({ action: z.literal('dismiss'), keys: imageRefsSchema }),
]);
export type CorrectionAction = z.infer<typeof correctionActionSchema>;

export const newCorrectionSchema = z
  .strictObject({
    /** Why, for those who read it later. */
    reason: z.string().trim().min(1).max(2000),
    /** Carried out in this order. */
    actions: z
      .array(correctionActionSchema)
      .min(1)
      .max(1000)
      .refine(
        (actions) =>
          actions.reduce((sum, action) => sum + ('images' in action ? action.images.length : 1), 0) <=
          MAX_CORRECTED_IMAGES,
        { error: `one correction names at most ${MAX_CORRECTED_IMAGES} images: send several` },
      ),
  })
  .meta({ id: 'NewCorrection' });
export type NewCorrection = z.infer<typeof newCorrectionSchema>;

export const correctionSchema = newCorrectionSchema
  .extend({
    dataset: nameSchema,
    /** From 1, in its dataset, without gaps. */
    number: z.int().min(1),
    by: z.string(),
    at: timestampSchema,
  })
  .meta({ id: 'Correction' });
export type Correction = z.infer<typeof correctionSchema>;

/** Images that corrections took out: what lands again is known by it, and a restored image gets its split back. */
export const takenOutSchema = z.object({
  schemaVersion: z.literal('taken-out.v1'),
  dataset: nameSchema,
  /** In ascending order of sha256. */
  images: z.array(manifestImageSchema.extend({ takenOutBy: z.int().min(1) })),
});
export type TakenOut = z.infer<typeof takenOutSchema>;

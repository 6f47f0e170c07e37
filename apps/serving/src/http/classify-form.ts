/** Several images in one request to `:classify`. */
import { AppError, classificationSchema, problemSchema, toProblem } from '@graft/contracts';
import { z } from 'zod';
import type { Answer } from '../classifier.js';
import type { UploadedImage } from './multipart.js';

const resultSchema = z.union([
  z.object({ field: z.string(), classification: classificationSchema }),
  /** This image can't be classified; the others can. */
  z.object({ field: z.string(), error: problemSchema }),
]);

/** A result for each image of the form, in their order. */
export const classificationsSchema = z.object({ results: z.array(resultSchema) }).meta({ id: 'Classifications' });
export type Classifications = z.infer<typeof classificationsSchema>;

/**
 * An image that is unfit is an error in its place; whatever else fails (no such model, too much load) fails the request,
 * so that asking again is for all of it. All images are on one version: `classify` takes hold of it before it waits.
 */
export const classifyForm = async (
  images: readonly UploadedImage[],
  classify: (bytes: Uint8Array) => Promise<Answer>,
): Promise<Classifications> => {
  const settled = await Promise.allSettled(
    images.map(async ({ field, bytes }) => ({ field, classification: (await classify(bytes)).classification })),
  );
  return {
    results: settled.map((one, index) => {
      if (one.status === 'fulfilled') return one.value;
      const reason: unknown = one.reason;
      if (!(reason instanceof AppError) || reason.code !== 'image_unfit') throw reason;
      return { field: images[index]?.field ?? '', error: toProblem(reason) };
    }),
  };
};

/** What the parts of a selection hand on to each other by digest: probes, measures, fine-tuned finalists. */
import { z } from 'zod';
import { digestSchema } from './digest.js';
import { latencySchema } from './evaluation.js';
import { candidateNameSchema, fineTunedSchema, probeSchema } from './selection.js';

/** probe.v1: what a cross-validated linear probe said of every image. */
export const probeResultSchema = z.object({
  schemaVersion: z.literal('probe.v1'),
  embedder: digestSchema,
  datasetVersion: digestSchema,
  labels: z.int().min(2),
  /** In ascending order of digest: the same for every probe of the same images and seed. */
  images: z.array(digestSchema).min(1),
  /** Whether each was named right by the probe of the fold that left it out. */
  right: z.array(z.boolean()).min(1),
  folds: probeSchema.shape.folds,
  familiarity: z.number().nullable(),
  separability: z.number().nullable(),
  familiar: z.boolean().nullable(),
});
export type ProbeResult = z.infer<typeof probeResultSchema>;

/** backbone-measures.v1: what the candidates cost on one machine, with a classifier for the dataset's labels. */
export const backboneMeasuresSchema = z.object({
  schemaVersion: z.literal('backbone-measures.v1'),
  datasetVersion: digestSchema,
  candidates: z
    .array(
      z.object({
        candidate: candidateNameSchema,
        backbone: z.string(),
        parameters: z.int().min(1),
        macs: z.int().min(1),
        sizeBytes: z.int().min(1),
        latency: latencySchema,
      }),
    )
    .min(1),
});
export type BackboneMeasures = z.infer<typeof backboneMeasuresSchema>;

/** finalist-results.v1: fine-tuned models on the val images. */
export const finalistResultsSchema = z.object({
  schemaVersion: z.literal('finalist-results.v1'),
  datasetVersion: digestSchema,
  /** In ascending order of digest. */
  images: z.array(digestSchema).min(1),
  finalists: z
    .array(
      fineTunedSchema.omit({ accuracy: true }).extend({
        candidate: candidateNameSchema,
        /** Whether each image was named right. */
        right: z.array(z.boolean()).min(1),
      }),
    )
    .min(1),
});
export type FinalistResults = z.infer<typeof finalistResultsSchema>;

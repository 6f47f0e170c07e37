/** drift.v1: how far new data lies from what the champion learned from. */
import { z } from 'zod';
import { digestSchema } from './digest.js';

/** What is compared between pictures, whatever they show; `pixels` is width × height, `aspect` width / height. */
export const QUALITY_MEASURES = ['brightness', 'contrast', 'sharpness', 'pixels', 'aspect'] as const;
export const qualityMeasureSchema = z.enum(QUALITY_MEASURES);
export type QualityMeasure = z.infer<typeof qualityMeasureSchema>;

export const driftSchema = z.object({
  schemaVersion: z.literal('drift.v1'),
  reference: digestSchema,
  current: digestSchema,
  referenceImages: z.int().min(0),
  newImages: z.int().min(0),
  /** Maximum mean discrepancy on features with a permutation p-value. Null where there are too few images to tell. */
  features: z
    .object({
      statistic: z.number(),
      p: z.number().min(0).max(1),
      permutations: z.int().min(1),
      alpha: z.number(),
      detected: z.boolean(),
    })
    .nullable(),
  /** Two-sample chi-square of label counts. Null where there are too few images to tell. */
  labels: z
    .object({ chiSquare: z.number(), degreesOfFreedom: z.int(), p: z.number().min(0).max(1), detected: z.boolean() })
    .nullable(),
  /**
   * What the pictures are like: each measure by a two-sample Kolmogorov–Smirnov test, corrected for their number (Holm). Null
   * where there are too few images to tell; absent from documents that are older than this.
   */
  quality: z
    .object({
      alpha: z.number(),
      /** Any of them. */
      detected: z.boolean(),
      /** Those that enough images on both sides have. */
      measures: z.array(
        z.object({
          measure: qualityMeasureSchema,
          /** The largest distance of the two distribution functions, 0 to 1. */
          statistic: z.number().min(0).max(1),
          p: z.number().min(0).max(1),
          pHolm: z.number().min(0).max(1),
          referenceMedian: z.number(),
          newMedian: z.number(),
          detected: z.boolean(),
        }),
      ),
    })
    .nullable()
    .optional(),
  /** The new images that lie farthest from the reference, farthest first. */
  farthest: z.array(z.object({ sha256: digestSchema, distance: z.number() })),
});
export type Drift = z.infer<typeof driftSchema>;

/** Whether any of the comparisons found a difference. */
export const isDrift = ({ features, labels, quality }: Pick<Drift, 'features' | 'labels' | 'quality'>): boolean =>
  [features, labels, quality].some((comparison) => comparison?.detected === true);

/** What people look at of dataset versions: what one is like in numbers, and what changed from one to another. */
import { z } from 'zod';
import { digestSchema, labelSchema } from './digest.js';
import { manifestImageSchema, splitCountsSchema } from './manifest.js';

const countSchema = z.int().min(0);

/** Of a measure over images; all 0 where no image was measured. */
const spreadSchema = z.object({
  images: countSchema,
  least: z.number(),
  /** 5%, 50% and 95%: the value that so many images don't exceed. */
  low: z.number(),
  median: z.number(),
  high: z.number(),
  most: z.number(),
});
export type Spread = Readonly<z.infer<typeof spreadSchema>>;

const histogramSchema = z.object({
  /** Bounds of the bins, one more than there are bins; the last bin holds its upper bound. */
  bounds: z.array(z.number()).readonly(),
  counts: z.array(countSchema).readonly(),
});
export type Histogram = Readonly<z.infer<typeof histogramSchema>>;

const labelCardSchema = splitCountsSchema.extend({
  label: labelSchema,
  images: countSchema,
  /** Mean, 0 to 1; null where quality was not measured. */
  brightness: z.number().nullable(),
  /** In pixels. */
  medianSide: z.number(),
});
export type LabelCard = Readonly<z.infer<typeof labelCardSchema>>;

export const datasetCardSchema = z
  .object({
    images: countSchema,
    bySplit: splitCountsSchema,
    labels: z.array(labelCardSchema).readonly(),
    /** Labels that keep their index and have no image. */
    retired: z.array(labelSchema).readonly(),
    bySource: z.record(z.string(), countSchema),
    /** Images of the most frequent label for one of the rarest (of those with images); null with fewer than two labels. */
    imbalance: z.number().nullable(),
    bytes: countSchema,
    /** Geometric mean of width and height, in pixels. */
    side: spreadSchema,
    /** Width by height. */
    aspect: spreadSchema,
    brightness: spreadSchema,
    contrast: spreadSchema,
    sharpness: spreadSchema,
    brightnessHistogram: histogramSchema,
    /** Images that are nearly another one, and share its split. */
    nearDuplicates: countSchema,
    /** Groups of more than one image. */
    groups: countSchema,
    relabelledByHand: countSchema,
    /** Entries by reason, most first. */
    quarantine: z.record(z.string(), countSchema),
  })
  .meta({ id: 'DatasetCard' });
export type DatasetCard = Readonly<z.infer<typeof datasetCardSchema>>;

/** `relabelled`: another label, whatever its name; `moved`: another split, which no version does to an image by itself. */
export const IMAGE_CHANGES = ['added', 'removed', 'relabelled', 'moved'] as const;
export const imageChangeSchema = z.enum(IMAGE_CHANGES);
export type ImageChange = z.infer<typeof imageChangeSchema>;

export const imageDiffSchema = z
  .object({
    sha256: digestSchema,
    changes: z.array(imageChangeSchema).min(1),
    /** Null where it was added. */
    before: manifestImageSchema.nullable(),
    /** Null where it was removed. */
    after: manifestImageSchema.nullable(),
  })
  .meta({ id: 'ImageDiff' });
export type ImageDiff = z.infer<typeof imageDiffSchema>;

/** Old names of labels count under the name of now. */
const labelDiffSchema = z.object({
  label: labelSchema,
  added: countSchema,
  removed: countSchema,
  /** Images that came to have this label, and that had it before. */
  relabelledTo: countSchema,
  relabelledFrom: countSchema,
});
export type LabelDiff = Readonly<z.infer<typeof labelDiffSchema>>;

export const datasetDiffSchema = z
  .object({
    from: digestSchema,
    to: digestSchema,
    added: countSchema,
    removed: countSchema,
    relabelled: countSchema,
    moved: countSchema,
    /** Those where something changed, in the order of the later version. */
    labels: z.array(labelDiffSchema),
    newLabels: z.array(labelSchema),
    /** Labels that have another name at their index. */
    renamedLabels: z.array(z.object({ from: labelSchema, to: labelSchema })),
    /** Labels that have lost their last image. */
    retiredLabels: z.array(labelSchema),
  })
  .meta({ id: 'DatasetDiff' });
export type DatasetDiff = z.infer<typeof datasetDiffSchema>;

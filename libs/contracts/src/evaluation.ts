/** evaluation.v1: the report that a reviewer reads and that a review is bound to by its digest. */
import { z } from 'zod';
import { digestSchema, intervalSchema, labelSchema } from './digest.js';
import { variantNameSchema } from './variant.js';

export const perClassSchema = z.object({
  label: labelSchema,
  support: z.int().min(0),
  precision: intervalSchema,
  recall: intervalSchema,
  f1: z.number(),
});

/** Of the predictions whose confidence lies in a bin: how often they are right. Calibrated means that the two agree. */
export const reliabilityBinSchema = z.object({
  /** The bin holds confidences above `lower` up to `upper`. */
  lower: z.number().min(0).max(1),
  upper: z.number().min(0).max(1),
  /** Mean confidence. */
  confidence: z.number().min(0).max(1),
  accuracy: intervalSchema,
});
export type ReliabilityBin = z.infer<typeof reliabilityBinSchema>;

/** Accuracy on the images that have something in common. */
export const sliceSchema = z.object({
  /** `size`: of the shorter side; `brightness`: mean luma. */
  by: z.enum(['size', 'brightness']),
  /** "below 128 px". */
  name: z.string(),
  accuracy: intervalSchema,
});
export type Slice = z.infer<typeof sliceSchema>;

export const metricsSchema = z.object({
  images: z.int().min(0),
  accuracy: intervalSchema,
  balancedAccuracy: z.number(),
  macroF1: z.number(),
  /** Expected calibration error over 15 equal-width bins of confidence. */
  ece: z.number(),
  /** The bins of `ece` that have images, in ascending order; absent in reports from before there were any. */
  reliability: z.array(reliabilityBinSchema).optional(),
  perClass: z.array(perClassSchema),
  /** confusion[true][predicted], in the order of the labels. */
  confusion: z.array(z.array(z.int().min(0))),
  accuracyBySource: z.record(z.string(), intervalSchema),
});
export type Metrics = z.infer<typeof metricsSchema>;

export const pairedSchema = z.object({
  images: z.int().min(0),
  bothRight: z.int().min(0),
  onlyCandidateRight: z.int().min(0),
  onlyChampionRight: z.int().min(0),
  bothWrong: z.int().min(0),
  /** Candidate's accuracy minus the champion's on the same images (Tango's score interval). */
  difference: intervalSchema,
  /** Exact two-sided McNemar. */
  mcnemarP: z.number().min(0).max(1),
  perClass: z.array(
    z.object({
      label: labelSchema,
      images: z.int().min(0),
      onlyCandidateRight: z.int().min(0),
      onlyChampionRight: z.int().min(0),
      p: z.number().min(0).max(1),
      /** After Holm's correction over the classes. */
      pHolm: z.number().min(0).max(1),
    }),
  ),
  /** Images that flipped, as digests. */
  fixed: z.array(digestSchema),
  broken: z.array(digestSchema),
});
export type Paired = z.infer<typeof pairedSchema>;

export const GATE_VERDICTS = ['pass', 'fail', 'insufficient'] as const;
export const gateVerdictSchema = z.enum(GATE_VERDICTS);
export type GateVerdict = z.infer<typeof gateVerdictSchema>;

export const gateCheckSchema = z.object({
  name: z.string(),
  verdict: gateVerdictSchema,
  /** For a person: what was measured against what was asked. */
  detail: z.string(),
});
export const gateSchema = z.object({
  verdict: gateVerdictSchema,
  superior: z.boolean(),
  checks: z.array(gateCheckSchema),
});
export type Gate = z.infer<typeof gateSchema>;

export const latencySchema = z.object({ p50Ms: z.number(), p99Ms: z.number(), rounds: z.int(), cpuClass: z.string() });

export const evaluationSchema = z
  .object({
    schemaVersion: z.literal('evaluation.v1'),
    variant: variantNameSchema.default('fp32'),
    artifactDigest: digestSchema,
    sizeBytes: z.int().min(1),
    datasetVersion: digestSchema,
    split: z.literal('test'),
    labels: z.array(labelSchema),
    metrics: metricsSchema,
    /** By what pictures are like; slices without images are left out. Absent in reports from before there were any. */
    slices: z.array(sliceSchema).optional(),
    latency: latencySchema,
    predictionsDigest: digestSchema,
    champion: z
      .object({
        version: z.int().min(1),
        generation: z.int().min(1),
        artifactDigest: digestSchema,
        /** On the images of the paired comparison alone. */
        metrics: metricsSchema,
        latency: latencySchema,
        paired: pairedSchema,
        /** Test images left out of the comparison since the champion saw them in training. */
        seenInTraining: z.int().min(0),
        /** Labels that the champion doesn't know; their images are not compared. */
        newLabels: z.array(labelSchema),
        predictionsDigest: digestSchema,
      })
      .nullable(),
    /** Beside what training ended in, which it was made from, on all test images; null where it is just that. */
    original: z
      .object({
        variant: variantNameSchema,
        artifactDigest: digestSchema,
        accuracy: intervalSchema,
        latency: latencySchema,
        sizeBytes: z.int().min(1),
        paired: pairedSchema,
      })
      .nullable()
      .default(null),
    /** How often this test split had been looked at before this report. */
    earlierLooks: z.int().min(0),
    gate: gateSchema,
  })
  .meta({ id: 'Evaluation' });
export type Evaluation = z.infer<typeof evaluationSchema>;

/** What a model takes and gives (its signature), how its input is made, and which files make a version. */
import { z } from 'zod';
import { digestSchema, labelSchema, nameSchema } from './digest.js';
import { AppError } from './errors.js';

/** How an image becomes a tensor. It belongs to the model and is the same in training, evaluation and serving. */
export const preprocessingSchema = z.object({
  schemaVersion: z.literal('preprocessing.v1'),
  /** Height and width of the input, pixels. */
  inputSize: z.int().min(8).max(2048),
  /** Share of the shorter side that the centre crop keeps before resizing, 0–1 (224/(224+32) = .875 as usual). */
  cropShare: z.number().gt(0).max(1),
  interpolation: z.enum(['bicubic', 'bilinear', 'lanczos3']),
  /** Of RGB values on the scale 0–255: x = (value − mean) / std. */
  mean: z.tuple([z.number(), z.number(), z.number()]),
  std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
});
export type Preprocessing = z.infer<typeof preprocessingSchema>;

export const signatureSchema = z.object({
  /** float32 [n, 3, height, width], normalized by `preprocessing`. */
  input: z.object({ name: z.string(), shape: z.array(z.int()), datatype: z.literal('FP32') }),
  outputs: z.array(z.object({ name: z.string(), shape: z.array(z.int()), datatype: z.literal('FP32') })),
  /** Index = class. Append-only over the versions of a model. */
  labels: z.array(labelSchema).min(1),
  preprocessing: preprocessingSchema,
});
export type Signature = z.infer<typeof signatureSchema>;

/** The frozen part of a network as one immutable ONNX artifact of a pipeline. */
export const embedderSchema = z.object({
  schemaVersion: z.literal('embedder.v1'),
  backbone: z.string(),
  /** Of the checkpoint the weights came from. */
  weightsDigest: digestSchema,
  /** Of the ONNX bytes. */
  onnxDigest: digestSchema,
  /** Where frozen ends: the name of the last frozen layer's output. */
  cut: z.string(),
  /** What it is computed in, and the width of its weights: 7 bits where a CPU without VNNI is to run it too. */
  precision: z.enum(['fp32', 'int8']).default('fp32'),
  weightBits: z.union([z.literal(7), z.literal(8), z.literal(32)]).default(32),
  /** Numbers of one image's activation. */
  featureLength: z.int().min(1),
  /** [channels, height, width] where an activation is a map; absent: a vector. */
  shape: z.array(z.int().min(1)).length(3).optional(),
  preprocessing: preprocessingSchema,
});
export type Embedder = z.infer<typeof embedderSchema>;

/** What an activation depends on besides the image: the key of its cache. */
export const activationKeySchema = z.object({
  schemaVersion: z.literal('activation-key.v1'),
  onnxDigest: digestSchema,
  preprocessing: preprocessingSchema,
  cut: z.string(),
  /** Which view of the image: `center` for the evaluation crop. */
  view: z.string(),
  /** What activations are kept as. */
  storage: z.enum(['float32', 'float16']),
  onnxruntimeVersion: z.string(),
  executionProvider: z.string(),
  /** `avx2`, `avx512-vnni`, `bf16`…: different kernels round differently. */
  cpuClass: z.string(),
});
export type ActivationKey = z.infer<typeof activationKeySchema>;

/**
 * activations.v1: which activations a training read, so that it can be repeated on the very same numbers. The shards lie under
 * `activations/<digest of key>/`; each names the images that its rows belong to.
 */
export const activationsSchema = z.object({
  schemaVersion: z.literal('activations.v1'),
  /** Of the embedder.v1 document. */
  embedder: digestSchema,
  key: activationKeySchema,
  /** In ascending order; where two hold an image, the first of them was read. */
  shards: z.array(digestSchema),
});
export type Activations = z.infer<typeof activationsSchema>;

export const ARTIFACT_KINDS = [
  'model',
  'golden',
  'evaluation',
  'predictions',
  'plan',
  'trained',
  'embedder',
  'drift',
  'history',
  'activations',
] as const;
export const artifactSchema = z.object({
  kind: z.enum(ARTIFACT_KINDS),
  /** Of a model, its golden outputs, its evaluation and predictions: which of the version's variants it is; else empty. */
  variant: z.string().default(''),
  digest: digestSchema,
  sizeBytes: z.int().min(0),
  mediaType: z.string(),
});
export type Artifact = z.infer<typeof artifactSchema>;

/** Where a version comes from: enough to make it again. */
export const lineageSchema = z.object({
  runId: z.string(),
  pipeline: nameSchema,
  pipelineDigest: digestSchema,
  trainDigest: digestSchema,
  datasetVersion: digestSchema,
  embedder: embedderSchema,
  code: z.object({ graft: z.string(), commit: z.string().nullable() }),
  runtime: z.object({
    tensorflow: z.string(),
    onnxruntime: z.string(),
    node: z.string(),
    cpuClass: z.string(),
    /** Threads that computed: sums may be added up in another order with another number. Absent in what was recorded before. */
    threads: z.int().min(1).optional(),
  }),
});
export type Lineage = z.infer<typeof lineageSchema>;

/** Where a version comes from that no run made: a file that was in production elsewhere. */
export const adoptedLineageSchema = z.object({
  adopted: z.object({
    /** Its name, as it was given. */
    file: z.string().min(1).max(1000),
    /** Of its bytes, before anything was put around it. */
    fileDigest: digestSchema,
    /** The program that wrote it, as the file says. */
    producer: z.string().max(1000),
    opset: z.int().min(0),
    /** What was put around it so that it can be served, for a person. */
    changes: z.array(z.string()),
    /** Where its preprocessing is known from: a preset's name, or a file's. */
    preprocessing: z.string(),
  }),
  /** That it was judged on. What it learned from isn't known. */
  datasetVersion: digestSchema,
  code: lineageSchema.shape.code,
  /** That its outputs were recorded with. */
  runtime: lineageSchema.shape.runtime.omit({ tensorflow: true }),
});
export type AdoptedLineage = z.infer<typeof adoptedLineageSchema>;

export const isAdopted = (lineage: Lineage | AdoptedLineage): lineage is AdoptedLineage => 'adopted' in lineage;

/** @throws AppError `refused` where no run made the version */
export const requireMade = (version: {
  readonly model: string;
  readonly version: number;
  readonly lineage: Lineage | AdoptedLineage;
}): Lineage => {
  if (!isAdopted(version.lineage)) return version.lineage;
  throw new AppError(
    'refused',
    `version ${version.version} of ${version.model} was adopted from ${version.lineage.adopted.file}: no run of Graft made it`,
    { details: { model: version.model, version: version.version } },
  );
};

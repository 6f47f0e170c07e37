/** The Open Inference Protocol v2 over HTTP with JSON heads (https://github.com/kserve/open-inference-protocol). */
import { z } from 'zod';

const parametersSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const tensorMetadataSchema = z.object({
  name: z.string(),
  datatype: z.string(),
  /** −1: any size. */
  shape: z.array(z.int()),
});

/** Its elements are looked at once, where they are copied to the tensor: there are a hundred thousand and more of them. */
const flatOrNestedSchema = z
  .custom<readonly unknown[]>((value) => Array.isArray(value), 'expected an array')
  .meta({ type: 'array', items: {} });

export const serverMetadataSchema = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: 'ServerMetadata' });

export const modelMetadataSchema = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(tensorMetadataSchema),
    outputs: z.array(tensorMetadataSchema),
    /** As the protocol's gRPC form has them: `variant`, which form of the version answers; `pinned`, where a person set it by hand, and why. */
    properties: z.record(z.string(), z.string()),
    /** Not of the protocol: index = class. */
    labels: z.array(z.string()),
  })
  .meta({ id: 'ModelMetadata' });

export const inferenceRequestSchema = z
  .object({
    id: z.string().max(200).optional(),
    parameters: parametersSchema.optional(),
    inputs: z
      .array(
        z.object({
          name: z.string(),
          shape: z.array(z.int().min(0)).min(1).max(8),
          datatype: z.string(),
          parameters: parametersSchema.optional(),
          /** Flat in row-major order, or nested. Absent where the parameter `binary_data_size` says how many bytes follow the JSON. */
          data: flatOrNestedSchema.optional(),
        }),
      )
      .min(1),
    /** Default: every output. */
    outputs: z.array(z.object({ name: z.string(), parameters: parametersSchema.optional() })).optional(),
  })
  .meta({ id: 'InferenceRequest' });

export const inferenceResponseSchema = z
  .object({
    id: z.string().optional(),
    model_name: z.string(),
    model_version: z.string(),
    parameters: parametersSchema.optional(),
    outputs: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.int()),
        datatype: z.string(),
        parameters: parametersSchema.optional(),
        /** Absent where the parameter `binary_data_size` says how many bytes follow the JSON. */
        data: z.array(z.number()).optional(),
      }),
    ),
  })
  .meta({ id: 'InferenceResponse' });

export const repositoryIndexSchema = z
  .array(z.object({ name: z.string(), version: z.string(), state: z.string(), reason: z.string() }))
  .meta({ id: 'RepositoryIndex' });

export const protocolErrorSchema = z.object({ error: z.string() }).meta({ id: 'InferenceError' });

/** One inference request on one version: what was asked for, checked against the signature, and how it is answered. */
import { AppError } from '@graft/contracts';
import type { z } from 'zod';
import { PROBABILITIES } from '../models/check-golden.js';
import type { ServedModel } from '../models/served-model.js';
import type { inferenceRequestSchema } from './inference-schemas.js';
import { describeOutput, isBinaryOutput, readInput, type RequestedOutput } from './tensors.js';

type InferenceRequest = z.infer<typeof inferenceRequestSchema>;

export interface InferenceLimits {
  /** Images in one request. */
  readonly maxBatch: number;
  readonly deadlineMs: number;
  /** Aborted when the client hangs up. */
  readonly signal?: AbortSignal;
}

/** The best class of each image, to compare by. */
const bestOf = (probabilities: Float32Array | undefined, batch: number): string => {
  const rows = Array.from({ length: batch }, (_, row) => {
    const size = (probabilities?.length ?? 0) / batch;
    const values = probabilities?.subarray(row * size, (row + 1) * size) ?? new Float32Array();
    return values.reduce((best, value, at) => (value > (values[best] ?? -Infinity) ? at : best), 0);
  });
  return rows.join(' ');
};

/** Whether tensors for one version are tensors for another. */
export const takesTheSame = (one: ServedModel, other: ServedModel): boolean =>
  JSON.stringify([one.signature.input, one.signature.labels]) ===
  JSON.stringify([other.signature.input, other.signature.labels]);

/**
 * The answer of one version to one request.
 * @param tensorBytes what follows the request's JSON.
 * @throws AppError `invalid_request` for what doesn't fit the version's signature, `overloaded`, `timeout`.
 */
export const infer = async (
  served: ServedModel,
  request: InferenceRequest,
  tensorBytes: Uint8Array,
  options: InferenceLimits,
) => {
  const { model, version, signature } = served;
  const [tensor, ...more] = request.inputs;
  if (tensor === undefined || more.length > 0 || tensor.name !== signature.input.name) {
    const got = request.inputs.map(({ name }) => name).join(', ');
    throw new AppError('invalid_request', `expected one input, ${signature.input.name}; got ${got}`);
  }
  const known = signature.outputs.map(({ name }) => name);
  const asked: readonly RequestedOutput[] = request.outputs ?? known.map((name) => ({ name }));
  const unknown = asked.find(({ name }) => !known.includes(name))?.name;
  if (unknown !== undefined) {
    throw new AppError('invalid_request', `no output ${unknown}; this model has ${known.join(', ')}`);
  }
  const isBinary = asked.map((output) => isBinaryOutput(output, request.parameters?.['binary_data_output']));
  const { values, batch } = readInput(tensor, tensorBytes, signature.input, options);
  const deadlineAt = performance.now() + options.deadlineMs;
  const results = await served.infer({ input: values, batch, deadlineAt, signal: options.signal });
  const outputs = asked.map(({ name }, index) => ({
    name,
    batch,
    values: results[name] ?? new Float32Array(),
    isBinary: isBinary[index] ?? false,
  }));
  const answer = {
    ...(request.id === undefined ? {} : { id: request.id }),
    model_name: model,
    model_version: String(version),
    outputs: outputs.map(describeOutput),
  };
  return { answer, outputs, best: bestOf(results[PROBABILITIES], batch) };
};

export type Inference = Awaited<ReturnType<typeof infer>>;

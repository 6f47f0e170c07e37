/**
 * What an inference request's body consists of. The binary tensor data extension puts JSON first and raw tensors after it;
 * a header says where the JSON ends
 * (https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md).
 */
import { AppError } from '@graft/contracts';

export const BINARY_HEADER = 'inference-header-content-length';

/** A body of JSON alone takes up to twenty times its size as objects, and blocks everyone while it is read. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;
/** Far above what any model here has. */
const MOST = { inputs: 16, outputs: 64, shape: 8, parameters: 64 } as const;

export interface InferenceBody {
  /** Undefined: no body. */
  readonly json: unknown;
  /** What follows the JSON. */
  readonly tensorBytes: Uint8Array;
}

const invalid = (message: string, cause?: unknown): AppError =>
  new AppError('invalid_request', message, cause === undefined ? {} : { cause });

/** Before the schema looks: it would tell what is wrong with each of a million. */
const refuseMany = (json: unknown): void => {
  const sizeOf = (value: unknown): number =>
    Array.isArray(value) ? value.length : typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
  const check = (value: unknown, at: string, name: keyof typeof MOST): void => {
    if (typeof value !== 'object' || value === null) return;
    const found = sizeOf((value as Record<string, unknown>)[name]);
    if (found > MOST[name]) throw invalid(`${at}${name} has ${found} elements, at most ${MOST[name]} are taken`);
  };
  for (const name of ['inputs', 'outputs'] as const) {
    check(json, '', name);
    const tensors: unknown = (json as Record<string, unknown> | null)?.[name];
    if (!Array.isArray(tensors)) continue;
    for (const [index, tensor] of tensors.entries()) {
      check(tensor, `${name}.${index}.`, 'shape');
      check(tensor, `${name}.${index}.`, 'parameters');
    }
  }
  check(json, '', 'parameters');
};

const jsonLengthOf = (header: string | readonly string[] | undefined, bodyLength: number): number => {
  if (header === undefined) return bodyLength;
  if (typeof header !== 'string' || !/^\d{1,12}$/.test(header)) {
    throw invalid(`${BINARY_HEADER}: expected the length of the JSON in bytes, got ${JSON.stringify(header)}`);
  }
  const length = Number(header);
  if (length > bodyLength) throw invalid(`${BINARY_HEADER} is ${length}, but the body has ${bodyLength} bytes`);
  return length;
};

/**
 * @param header the value of `Inference-Header-Content-Length`; without it all is JSON.
 * @throws AppError `invalid_request` for a header that doesn't fit or what is not JSON, `too_large` for more than 16 MiB of JSON.
 */
export const parseInferenceBody = (body: unknown, header: string | readonly string[] | undefined): InferenceBody => {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  const jsonLength = jsonLengthOf(header, bytes.length);
  const tensorBytes = bytes.subarray(jsonLength);
  if (bytes.length === 0) return { json: undefined, tensorBytes };
  if (jsonLength > MAX_JSON_BYTES) {
    const advice = 'send tensors as binary data after it, or fewer images';
    throw new AppError('too_large', `${jsonLength} bytes of JSON, at most ${MAX_JSON_BYTES} are taken: ${advice}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, jsonLength)));
  } catch (cause) {
    throw invalid(header === undefined ? 'the body is not JSON' : `the first ${jsonLength} bytes are not JSON`, cause);
  }
  refuseMany(json);
  return { json, tensorBytes };
};

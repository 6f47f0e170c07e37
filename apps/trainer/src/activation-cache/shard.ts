/**
 * One shard of the activation cache: a safetensors file with `activations` [n, length] (float32, or float16 as its 16 bits)
 * and, in its metadata, the images the rows belong to. Its name is the sha256 of its bytes.
 */
import { createHash } from 'node:crypto';
import { AppError, digestSchema, type ActivationKey, type Digest, type FeatureMatrix } from '@graft/contracts';
import { FLOAT16_MAX, fromFloat16, readSafetensors, toFloat16, writeSafetensors } from '@graft/models';
import { z } from 'zod';

/** What an activation's numbers are kept as. */
export type Storage = ActivationKey['storage'];
/** Numbers as they are kept: float16 as its 16 bits. */
export type StoredValues = Float32Array | Uint16Array;

export interface Shard {
  /** Row i belongs to digests[i]. */
  readonly digests: readonly Digest[];
  /** Row-major [digests.length, length]. */
  readonly values: StoredValues;
}

const TENSOR = 'activations';
const DTYPES = { float32: 'F32', float16: 'F16' } as const satisfies Record<Storage, string>;
const digestListSchema = z.array(digestSchema).min(1);

/** The sha256 of bytes that may be large: node's own hash is several times faster than the portable one in contracts. */
export const sha256Of = (bytes: Uint8Array): Digest => createHash('sha256').update(bytes).digest('hex');

/** The exponent of infinities and of what is no number. */
const isFinite16 = (bits: number): boolean => (bits & 0x7c00) !== 0x7c00;

/** @throws AppError `refused` for an activation that float16 can't hold. */
const toStored = ({ values, digests, length }: FeatureMatrix, storage: Storage): StoredValues => {
  if (storage === 'float32') return values;
  const stored = toFloat16(values);
  const at = stored.findIndex((bits) => !isFinite16(bits));
  if (at < 0) return stored;
  const image = digests[Math.floor(at / length)] ?? '';
  throw new AppError(
    'refused',
    `an activation of image ${image} is ${values[at] ?? NaN}, and maps are kept as float16, which ends at ${FLOAT16_MAX}; ` +
      'cut the network elsewhere (train.stages), or choose the strategy `head` or `full`',
    { details: { image, value: String(values[at]) } },
  );
};

/** Stored numbers as float32; what is float32 already is not copied. */
export const toFloats = (values: StoredValues): Float32Array =>
  values instanceof Uint16Array ? fromFloat16(values) : values;

/** @throws AppError `refused` for an activation that float16 can't hold. */
export const encodeShard = (activations: FeatureMatrix, storage: Storage): Uint8Array => {
  const { digests, length } = activations;
  return writeSafetensors(
    new Map([
      [TENSOR, { shape: [digests.length, length], dtype: DTYPES[storage], data: toStored(activations, storage) }],
    ]),
    { schemaVersion: 'activation-shard.v1', digests: JSON.stringify(digests) },
  );
};

const parseDigests = (text: string | undefined): readonly Digest[] => {
  try {
    return digestListSchema.parse(JSON.parse(text ?? 'null'));
  } catch (cause) {
    throw new AppError('corrupt', 'the shard names no images', { cause });
  }
};

/**
 * Reads a shard back.
 * @throws AppError `corrupt` when the bytes have another digest than the name says, or don't hold what a shard must.
 */
export const decodeShard = (
  bytes: Uint8Array,
  expected: { readonly shard: Digest; readonly length: number; readonly storage: Storage },
): Shard => {
  const found = sha256Of(bytes);
  if (found !== expected.shard) {
    throw new AppError('corrupt', `activation shard ${expected.shard} holds bytes with the digest ${found}`);
  }
  const { tensors, metadata } = readSafetensors(bytes);
  const tensor = tensors.get(TENSOR);
  const digests = parseDigests(metadata.get('digests'));
  const shape = tensor?.shape.join(',') ?? '';
  const values = tensor?.data;
  if (
    !(values instanceof Float32Array || values instanceof Uint16Array) ||
    tensor?.dtype !== DTYPES[expected.storage] ||
    shape !== `${digests.length},${expected.length}`
  ) {
    throw new AppError(
      'corrupt',
      `activation shard ${expected.shard}: expected ${expected.storage} [${digests.length}, ${expected.length}], got ${tensor?.dtype ?? 'nothing'} [${shape}]`,
    );
  }
  return { digests, values };
};

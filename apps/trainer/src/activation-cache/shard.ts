/**
 * One shard of the activation cache: a safetensors file with `activations` float32 [n, length] and, in its metadata, the
 * images the rows belong to. Its name is the sha256 of its bytes.
 */
import { createHash } from 'node:crypto';
import { AppError, digestSchema, type Digest, type FeatureMatrix } from '@graft/contracts';
import { readSafetensors, writeSafetensors } from '@graft/models';
import { z } from 'zod';

const TENSOR = 'activations';
const digestListSchema = z.array(digestSchema).min(1);

/** The sha256 of bytes that may be large: node's own hash is several times faster than the portable one in contracts. */
export const sha256Of = (bytes: Uint8Array): Digest => createHash('sha256').update(bytes).digest('hex');

export const encodeShard = ({ digests, values, length }: FeatureMatrix): Uint8Array =>
  writeSafetensors(new Map([[TENSOR, { shape: [digests.length, length], dtype: 'F32', data: values }]]), {
    schemaVersion: 'activation-shard.v1',
    digests: JSON.stringify(digests),
  });

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
export const decodeShard = (bytes: Uint8Array, expected: { shard: Digest; length: number }): FeatureMatrix => {
  const found = sha256Of(bytes);
  if (found !== expected.shard) {
    throw new AppError('corrupt', `activation shard ${expected.shard} holds bytes with the digest ${found}`);
  }
  const { tensors, metadata } = readSafetensors(bytes);
  const tensor = tensors.get(TENSOR);
  const digests = parseDigests(metadata.get('digests'));
  const shape = tensor?.shape.join(',');
  if (!(tensor?.data instanceof Float32Array) || shape !== `${digests.length},${expected.length}`) {
    throw new AppError(
      'corrupt',
      `activation shard ${expected.shard}: expected float32 [${digests.length}, ${expected.length}], got ${tensor?.dtype ?? 'nothing'} [${shape ?? ''}]`,
    );
  }
  return { digests, values: tensor.data, length: expected.length };
};

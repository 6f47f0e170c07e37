/** The check that every adapter makes before it runs. */
import { AppError } from '@graft/contracts';
import type { TensorSignature } from './runtime.js';

/**
 * The concrete shape of an input.
 * @throws AppError `invalid_request` when batch or length don't fit the signature.
 */
export const checkInput = (signature: TensorSignature, input: Float32Array, batch: number): readonly number[] => {
  const shape = [batch, ...signature.shape.slice(1)];
  const expected = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(batch) || batch < 1 || input.length !== expected)
    throw new AppError(
      'invalid_request',
      `expected ${signature.name} [${signature.shape.join(', ').replace('-1', 'n')}] with n = ${batch} ` +
        `(${expected} numbers), got ${input.length} numbers`,
    );
  return shape;
};

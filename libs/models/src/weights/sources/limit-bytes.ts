/** Counts what comes, whatever anybody said about it before. */
import { Transform } from 'node:stream';
import { AppError } from '@graft/contracts';
import { MAX_WEIGHTS_BYTES } from '../weights-source.js';

/** @throws AppError `too_large` once more than `limit` bytes came. */
export const limitBytes = (options: { what: string; limit?: number; onBytes?: (total: number) => void }): Transform => {
  const { what, limit = MAX_WEIGHTS_BYTES, onBytes } = options;
  let total = 0;
  return new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      total += chunk.byteLength;
      if (total > limit) return done(new AppError('too_large', `${what} is larger than ${limit} bytes`));
      onBytes?.(total);
      done(null, chunk);
    },
  });
};

/** Weights from where they are kept to tensors: the way in for whatever somebody names. */
import { readFile, stat } from 'node:fs/promises';
import { AppError } from '@graft/contracts';
import type { Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { readCheckpoint } from '../checkpoint/read-checkpoint.js';
import { resolveWeights, type ResolveOptions } from './resolve-weights.js';
import type { ResolvedWeights } from './weights-cache.js';

export interface LoadedCheckpoint extends ResolvedWeights {
  readonly checkpoint: Checkpoint;
}

/** What node reads at once. The largest backbone of the catalog has 575 MB. */
const MAX_BYTES = 2 ** 31 - 1;

const read = async (path: string): Promise<Checkpoint> => {
  const { size } = await stat(path);
  if (size > MAX_BYTES)
    throw new AppError('too_large', `a checkpoint of ${size} bytes; up to ${MAX_BYTES} can be read`, {
      details: { size },
    });
  return readCheckpoint(await readFile(path));
};

/**
 * Resolves a reference and reads what it names. A file that can't be read as a checkpoint is not kept in the cache.
 * @throws AppError what `resolveWeights` and `readCheckpoint` throw.
 */
export const loadCheckpoint = async (reference: string, options: ResolveOptions): Promise<LoadedCheckpoint> => {
  const fetched: Checkpoint[] = [];
  const resolved = await resolveWeights(reference, {
    ...options,
    accept: async (path) => {
      await options.accept?.(path);
      fetched.push(await read(path));
    },
  });
  return { ...resolved, checkpoint: fetched[0] ?? (await read(resolved.path)) };
};

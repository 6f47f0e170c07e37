/** Images that wait for a decoder: bounded, in order, and gone from memory as soon as their client is. */
import { AppError } from '@graft/contracts';
import { hungUp } from './hung-up.js';

export interface DecodeQueueOptions {
  /** Images decoded at once. */
  readonly decoders: number;
  /** Images that may wait. */
  readonly maxWaiting: number;
}

export interface DecodeQueue {
  /**
   * What `decode` makes, when a decoder is free.
   * @throws AppError `overloaded` when too many wait, `invalid_request` when the signal is aborted first; what `decode` throws
   */
  run<T>(decode: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Images that wait. */
  readonly depth: number;
}

export const createDecodeQueue = ({ decoders, maxWaiting }: DecodeQueueOptions): DecodeQueue => {
  const waiting = new Set<() => void>();
  let busy = 0;

  const turn = (signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        waiting.delete(start);
        reject(hungUp());
      };
      waiting.add(start);
      signal?.addEventListener('abort', leave, { once: true });
    });

  /** A decoder goes straight to the next, so that none who come meanwhile overtake. */
  const free = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      busy -= 1;
      return;
    }
    waiting.delete(next);
    next();
  };

  return {
    run: async (decode, signal) => {
      if (signal?.aborted === true) throw hungUp();
      if (busy < decoders) busy += 1;
      else if (waiting.size < maxWaiting) await turn(signal);
      else {
        throw new AppError('overloaded', `${waiting.size} images wait to be decoded already; try again later`, {
          details: { retryAfterSeconds: 1 },
        });
      }
      try {
        return await decode();
      } finally {
        free();
      }
    },
    get depth() {
      return waiting.size;
    },
  };
};

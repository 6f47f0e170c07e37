/**
 * Threads that decode and describe pictures (picture-worker.ts), as many as there are cores. What is to be computed on the pixels of
 * an image takes as long as all that the object store is asked for: in one thread, a worker of many cores would use one.
 */
import { availableParallelism } from 'node:os';
import { AppError, type ErrorCode, type ErrorDetails } from '@graft/contracts';
import { describePicture, type DescribePicture, type PictureFacts } from '@graft/data';
import { Piscina } from 'piscina';

/** Errors lose their class on the way between threads. */
export type PictureReply =
  | { readonly facts: PictureFacts }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly details: ErrorDetails } };

/** One is decoded by libvips while another is computed on. */
const PICTURES_OF_A_THREAD = 2;
/**
 * What takes more memory is decoded where it lies: its bytes would be in memory twice, and those of a thread that has ended with it are given
 * back late.
 */
const LARGE_BYTES = 64 * 1024 * 1024;
/** An idle thread ends: an orchestrator that waits for data holds none. */
const IDLE_MS = 30_000;

export interface PictureThreads {
  readonly describe: DescribePicture;
  close(): Promise<void>;
}

/** @param program the built picture-worker.js */
export const createPictureThreads = (program: URL): PictureThreads => {
  const pool = new Piscina<unknown, PictureReply>({
    ...{ filename: program.href, minThreads: 0, maxThreads: availableParallelism() },
    ...{ concurrentTasksPerWorker: PICTURES_OF_A_THREAD, idleTimeout: IDLE_MS },
  });
  return {
    describe: async (request) => {
      if (request.decodingBytes + request.bytes.length >= LARGE_BYTES) return describePicture(request);
      const reply = await pool.run(request);
      if ('facts' in reply) return reply.facts;
      const { code, message, details } = reply.error;
      throw new AppError(code, message, { details });
    },
    close: () => pool.destroy(),
  };
};

/**
 * Looks at images on a thread of its own (inspect-worker.ts). Digesting and measuring pixels takes as long as decoding them, and blocks
 * the thread that does it: on the main one, the object store, heartbeats and workflows would wait for a large photo.
 */
import { AppError, type Digest, type ErrorCode, type ErrorDetails } from '@graft/contracts';
import { DEFAULT_IMAGE_LIMITS, type ImageFacts } from '@graft/data';
import { Piscina } from 'piscina';
import type { ImageInspector } from './image-inspector.js';

export type InspectionTask =
  | { readonly kind: 'inspect'; readonly bytes: Uint8Array; readonly sha256: Digest }
  | { readonly kind: 'thumbnail'; readonly bytes: Uint8Array };

/** An error keeps no class on its way between threads. */
export type InspectionReply =
  | { readonly kind: 'inspect'; readonly facts: ImageFacts }
  | { readonly kind: 'thumbnail'; readonly picture: Uint8Array | null }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: ErrorDetails;
    };

/** One thread: what is decoded at the same time is bounded within it, and libvips has threads of its own. */
const THREADS = 1;
/** More than callers ever ask for together: they wait in the thread, for their share of its memory. */
const TASKS = 256;

/** @param program the built inspect-worker.js */
export const createThreadInspector = (program: URL): ImageInspector & { close(): Promise<void> } => {
  const pool = new Piscina<InspectionTask, InspectionReply>({
    filename: program.href,
    minThreads: THREADS,
    maxThreads: THREADS,
    concurrentTasksPerWorker: TASKS,
  });
  const ask = async <K extends InspectionTask['kind']>(
    task: InspectionTask & { kind: K },
  ): Promise<InspectionReply & { kind: K }> => {
    const reply = await pool.run(task);
    if (reply.kind === 'failed') throw new AppError(reply.code, reply.message, { details: reply.details });
    return reply as InspectionReply & { kind: K };
  };
  return {
    limits: DEFAULT_IMAGE_LIMITS,
    inspect: async (bytes, sha256) => (await ask({ kind: 'inspect', bytes, sha256 })).facts,
    thumbnail: async (bytes) => (await ask({ kind: 'thumbnail', bytes })).picture,
    close: () => pool.destroy(),
  };
};

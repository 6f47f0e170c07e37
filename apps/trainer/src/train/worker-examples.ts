/** Sets of images as examples that a thread of its own decodes (examples-worker.ts). */
import { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode, type ErrorDetails } from '@graft/contracts';
import type { Examples, ImageExamplesOptions } from '@graft/models';

/** By name. */
export type ExampleSets = Readonly<Record<string, ImageExamplesOptions>>;

export interface ExamplesRequest {
  readonly id: number;
  readonly set: string;
  readonly rows: readonly number[];
  readonly epoch: number | null;
}

export type ExamplesReply =
  | { readonly id: number; readonly values: Float32Array }
  | {
      readonly id: number;
      readonly error: { readonly code: ErrorCode; readonly message: string; readonly details: ErrorDetails };
    };

interface Waiting {
  readonly resolve: (values: Float32Array) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * Starts the thread.
 * @param program the built examples-worker.js.
 * @returns the sets by name; reading one rejects with the AppError that the thread told, or `internal` once it has died.
 */
export const createWorkerExamples = (
  program: URL,
  sets: ExampleSets,
): { readonly examples: ReadonlyMap<string, Examples>; close(): Promise<void> } => {
  const worker = new Worker(program, { workerData: sets });
  const waiting = new Map<number, Waiting>();
  let [last, dead]: [number, AppError | null] = [0, null];

  const die = (why: string, cause?: unknown): void => {
    dead ??= new AppError('internal', `the thread that decodes images ${why}`, { cause });
    for (const { reject } of waiting.values()) reject(dead);
    waiting.clear();
  };
  worker.on('error', (cause) => die(`failed: ${cause instanceof Error ? cause.message : String(cause)}`, cause));
  worker.on('exit', (code) => die(`ended with code ${code}`));
  worker.on('message', (reply: ExamplesReply) => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('values' in reply) asked?.resolve(reply.values);
    else asked?.reject(new AppError(reply.error.code, reply.error.message, { details: reply.error.details }));
  });

  const read = (set: string, rows: readonly number[], epoch: number | null): Promise<Float32Array> =>
    new Promise((resolve, reject) => {
      if (dead !== null) return reject(dead);
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ id: last, set, rows, epoch } satisfies ExamplesRequest);
    });

  return {
    examples: new Map(
      Object.entries(sets).map(([set, { labels, preprocessing }]) => [
        set,
        {
          labels,
          shape: [preprocessing.inputSize, preprocessing.inputSize, 3],
          read: (rows, epoch) => read(set, rows, epoch),
        },
      ]),
    ),
    close: async () => {
      await worker.terminate();
    },
  };
};

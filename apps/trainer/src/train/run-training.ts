/**
 * Runs one training process to its end: TensorFlow blocks the event loop it runs on, and what it leaks or crashes must not
 * take the worker along.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { AppError } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import { memoryExceeded, watchMemory } from './memory.js';
import { trainingMessageSchema, type TrainingEnding, type TrainingNews } from './training-protocol.js';

export interface TrainingProcessOptions {
  /** The built program (train-process.js). */
  readonly programPath: string;
  /** The job's folder. */
  readonly folder: string;
  /** The step of the folder's checkpoint to go on from; null: from the start. */
  readonly fromStep: number | null;
  /** Of JavaScript's heap. */
  readonly heapMib: number;
  /** Of everything. */
  readonly memoryMib: number;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly onNews: (news: TrainingNews) => void;
  /** Told the process id, once there is one. */
  readonly onSpawn?: (pid: number) => void;
}

/** How it ended, where it wasn't by a failure of the training itself. */
export type TrainingEnd = { readonly kind: 'done' } | { readonly kind: 'died'; readonly how: string };

/** What is kept of standard error, to explain a process that died. */
const STDERR_TAIL = 4_000;
/** libuv's own number, which is too few for as many images at a time as there are cores on larger machines. */
const LEAST_POOL_THREADS = 4;

/** It decodes strangers' images and asks nobody for anything, so it gets no key to any server. */
const SECRETS = /TOKEN|SECRET|PASSWORD|CREDENTIAL|_KEY|DATABASE_URL/i;

const environmentFor = (folder: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRETS.test(name))),
  UV_THREADPOOL_SIZE: String(Math.max(LEAST_POOL_THREADS, availableParallelism())),
  // What it leaves behind when it is killed goes with the job.
  TMPDIR: folder,
});

/** Lines that TensorFlow prints at every start (absl's `I0000 …`, `WARNING: All log messages …`): they explain no end. */
const SAID_ANYWAY = /^(I\d{4} |WARNING: All log messages before absl)/;

const collectTail = (child: ChildProcess): (() => string) => {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_TAIL);
  });
  return () =>
    tail
      .split('\n')
      .filter((line) => !SAID_ANYWAY.test(line))
      .join('\n')
      .trim();
};

const describeExit = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `exited with code ${code}` : `was killed by ${signal}`;

/**
 * Resolves when the process is gone.
 * @throws AppError what the process said failed; `too_large` when it took more memory than it may; the signal's reason
 *   when it was told to stop.
 */
export const runTrainingProcess = async (options: TrainingProcessOptions): Promise<TrainingEnd> => {
  const { programPath, folder, fromStep, heapMib, memoryMib, signal, logger, onNews, onSpawn } = options;
  signal.throwIfAborted();
  const child = fork(programPath, [folder, ...(fromStep === null ? [] : [String(fromStep)])], {
    execArgv: [`--max-old-space-size=${heapMib}`],
    env: environmentFor(folder),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const stderrTail = collectTail(child);
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });

  const state: { ending: TrainingEnding | null; used: number | null } = { ending: null, used: null };
  child.on('message', (raw) => {
    const message = trainingMessageSchema.safeParse(raw);
    if (!message.success) logger.warn({ err: message.error }, 'training process: message not understood');
    else if (message.data.type === 'done' || message.data.type === 'failed') state.ending = message.data;
    else onNews(message.data);
  });

  let stopWatching = (): void => undefined;
  try {
    if (child.pid !== undefined) {
      onSpawn?.(child.pid);
      stopWatching = watchMemory({
        pid: child.pid,
        limitMib: memoryMib,
        onExceeded: (used) => {
          state.used = used;
          kill();
        },
      });
    }
    // `close` comes after the pipes are read to their end; a failed start rejects with its `error`.
    const [code, exitSignal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    signal.throwIfAborted();
    if (state.used !== null) throw memoryExceeded({ used: state.used, limitMib: memoryMib });
    const { ending } = state;
    if (ending?.type === 'failed') throw new AppError(ending.code, ending.message, { details: ending.details });
    if (ending !== null && code === 0) return { kind: 'done' };
    logger.warn({ code, exitSignal, stderr: stderrTail() }, 'training process died');
    return { kind: 'died', how: `${describeExit(code, exitSignal)}: ${stderrTail()}` };
  } finally {
    stopWatching();
    signal.removeEventListener('abort', kill);
    if (child.exitCode === null && child.signalCode === null) kill();
  }
};

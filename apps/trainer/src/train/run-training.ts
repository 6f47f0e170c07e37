/**
 * Runs one training in a process of its own: TensorFlow blocks the event loop it runs on, and what it leaks or crashes
 * must not take the worker along.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { AppError } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import { trainingMessageSchema, type Epoch, type TrainingMessage } from './training-protocol.js';

export interface TrainingProcessOptions {
  /** The built program (train-process.js). */
  readonly programPath: string;
  /** The job's folder. */
  readonly folder: string;
  readonly heapMib: number;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly onEpoch: (epoch: Epoch) => void;
  /** Told the process id, once there is one. */
  readonly onSpawn?: (pid: number) => void;
}

/** What is kept of standard error, to explain a process that died. */
const STDERR_TAIL = 4_000;

const collectTail = (child: ChildProcess): (() => string) => {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_TAIL);
  });
  return () => tail.trim();
};

const describeExit = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `exited with code ${code}` : `was killed by ${signal}`;

/**
 * Resolves when the process says it is done and has exited well.
 * @throws AppError what the process said failed; `internal` (worth another try) when it died; the signal's reason when
 *   it was told to stop, after the process is gone.
 */
export const runTrainingProcess = async (options: TrainingProcessOptions): Promise<void> => {
  const { programPath, folder, heapMib, signal, logger, onEpoch, onSpawn } = options;
  signal.throwIfAborted();
  const child = fork(programPath, [folder], {
    execArgv: [`--max-old-space-size=${heapMib}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const stderrTail = collectTail(child);
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });

  let last: Exclude<TrainingMessage, { type: 'epoch' }> | null = null;
  child.on('message', (raw) => {
    const message = trainingMessageSchema.safeParse(raw);
    if (!message.success) logger.warn({ err: message.error }, 'training process: message not understood');
    else if (message.data.type === 'epoch') onEpoch(message.data);
    else last = message.data;
  });

  try {
    if (child.pid !== undefined) onSpawn?.(child.pid);
    // `close` comes after the pipes are read to their end; a failed start rejects with its `error`.
    const [code, exitSignal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    signal.throwIfAborted();
    const ending = last as Exclude<TrainingMessage, { type: 'epoch' }> | null;
    if (ending?.type === 'failed') throw new AppError(ending.code, ending.message, { details: ending.details });
    if (ending === null || code !== 0) {
      logger.warn({ code, exitSignal, stderr: stderrTail() }, 'training process died');
      throw new AppError('internal', `the training process ${describeExit(code, exitSignal)}: ${stderrTail()}`);
    }
  } finally {
    signal.removeEventListener('abort', kill);
    if (child.exitCode === null && child.signalCode === null) kill();
  }
};

/** Waiting for a server that was just started, and telling why when it doesn't come. */
import { open } from 'node:fs/promises';
import { AppError } from '@graft/contracts';
import { isRunning, sleep } from './processes.js';
import type { ProcessId } from './processes.js';

const TAIL_BYTES = 16_384;

/** The last lines of a log. */
export const tailOf = async (logFile: string, lines = 20): Promise<string> => {
  const file = await open(logFile, 'r').catch(() => null);
  if (file === null) return '(no log)';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n') || '(empty log)';
  } finally {
    await file.close();
  }
};

export interface HealthWait {
  readonly name: string;
  /** Whose end means that waiting is in vain; null for a server that isn't ours. */
  readonly process: ProcessId | null;
  readonly logFile: string | null;
  /** Resolves when the server is well, rejects when it isn't yet. */
  readonly check: () => Promise<unknown>;
  readonly timeoutMs: number;
}

/**
 * Polls `check` until it passes.
 * @throws AppError `unavailable` when the process ended or the time is up, with the last error and the log's tail.
 */
export const waitUntilHealthy = async ({ name, process, logFile, check, timeoutMs }: HealthWait): Promise<void> => {
  const startedAt = Date.now();
  for (let delayMs = 25; ; delayMs = Math.min(delayMs * 1.5, 500)) {
    const problem = await check().then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message || String(error) : String(error)),
    );
    if (problem === null) return;
    const ended = process !== null && !isRunning(process);
    const waitedMs = Date.now() - startedAt;
    if (ended || waitedMs > timeoutMs) {
      const what = ended ? 'ended before it was ready' : `was not ready after ${Math.round(waitedMs / 1000)} s`;
      const log = logFile === null ? '' : `\n--- the end of ${logFile}\n${await tailOf(logFile)}`;
      throw new AppError('unavailable', `${name} ${what}: ${problem}${log}`, { details: { name, logFile } });
    }
    await sleep(delayMs);
  }
};

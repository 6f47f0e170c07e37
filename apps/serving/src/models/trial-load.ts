/**
 * A model that ends its process when it is loaded would end a replica, and the version that it serves with it. So each artifact is loaded in
 * a process of its own first, once on a machine; the load guard (load-guard.ts) is for what gets past it.
 */
import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { ObjectStore } from '@graft/artifacts';
import { AppError, type Digest } from '@graft/contracts';
import type { Logger } from '@graft/platform';

export interface LoadTrial {
  readonly artifactDigest: Digest;
  /** Where its bytes lie. */
  readonly file: string;
  /** Numbers of one image. */
  readonly inputLength: number;
  readonly maxBatch: number;
}

/** @throws AppError `refused` for an artifact that ended the process that tried it, `timeout` for one that took too long */
export type TryLoad = (trial: LoadTrial) => Promise<void>;

export interface TryLoadOptions {
  /** The built load-process.js. */
  readonly program: string;
  /** Where it is noted that an artifact has come through. */
  readonly documents: Pick<ObjectStore, 'get' | 'put'>;
  /** What loads it: another version is another trial. */
  readonly runtimeVersion: string;
  readonly threads: number;
  readonly logger: Logger;
  /** Default 2 minutes. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 120_000;

/** How a process ended. */
const endOf = (
  command: readonly string[],
  timeoutMs: number,
): Promise<{ code: number | null; signal: string | null }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, { stdio: 'ignore', timeout: timeoutMs, killSignal: 'SIGKILL' });
    child.once('spawn', () => {
      // People's requests come first.
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

export const createTryLoad = (options: TryLoadOptions): TryLoad => {
  const { program, documents, runtimeVersion, threads, logger, timeoutMs = TIMEOUT_MS } = options;
  return async ({ artifactDigest, file, inputLength, maxBatch }) => {
    const key = `tried/${runtimeVersion}/${artifactDigest}`;
    if ((await documents.get(key)) !== null) return;
    const startedAt = performance.now();
    const command = [program, file, String(inputLength), String(maxBatch), String(threads)];
    const { code, signal } = await endOf(command, timeoutMs);
    const seconds = (performance.now() - startedAt) / 1000;
    if (code === 0) {
      await documents.put(key, new Uint8Array()).catch((err: unknown) => {
        logger.warn({ err }, 'trial load: that it came through could not be kept');
      });
      return;
    }
    if (seconds * 1000 >= timeoutMs)
      throw new AppError(
        'timeout',
        `artifact ${artifactDigest} was not loaded within ${timeoutMs / 1000} s by the process that tried it`,
      );
    const how = signal ?? `exit code ${code}`;
    logger.error({ artifactDigest, how, seconds }, 'trial load: the artifact ended the process that tried it');
    throw new AppError(
      'refused',
      `artifact ${artifactDigest} ended the process that tried to load it (${how}): no replica takes it up`,
      { details: { artifactDigest, how } },
    );
  };
};

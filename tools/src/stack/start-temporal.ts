/** A Temporal dev server of our own on the loopback address, with its history in a file. */
import { join } from 'node:path';
import { resolveBinary } from '../binaries/resolve-binary.js';
import { TEMPORAL } from '../binaries/temporal.js';
import type { OnProgress } from '../system/cache-entry.js';
import { makeFolder } from '../system/folders.js';
import { spawnDetached, stopProcess } from '../system/processes.js';
import type { ProcessId } from '../system/processes.js';
import { runCommand } from '../system/run-command.js';
import { waitUntilHealthy } from '../system/wait-until-healthy.js';

export interface TemporalServerOptions {
  readonly cacheDir: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly port: number;
  readonly uiPort: number;
  /** Added to the server's environment. */
  readonly mark?: Readonly<Record<string, string>>;
  readonly onProgress?: OnProgress;
}

export interface RunningTemporal {
  readonly process: ProcessId;
  /** 127.0.0.1:PORT */
  readonly address: string;
}

export const TEMPORAL_NAMESPACE = 'default';

/**
 * Starts the dev server and waits until its namespace answers.
 * @throws AppError `unavailable` with the tail of the log, `missing_prerequisite` when there is no program to be had.
 */
export const startTemporal = async (options: TemporalServerOptions): Promise<RunningTemporal> => {
  const { cacheDir, dataDir, logFile, port, uiPort, mark = {}, onProgress } = options;
  const binary = await resolveBinary(TEMPORAL, { cacheDir, ...(onProgress ? { onProgress } : {}) });
  await makeFolder(dataDir, 0o700);
  const address = `127.0.0.1:${port}`;
  // HOME: the command line looks for a configuration of the user's, which is not ours to use.
  const env = { ...mark, HOME: dataDir, PATH: '/usr/bin:/bin' };
  const place = ['--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort), '--ui-ip', '127.0.0.1'];
  const check = async (): Promise<void> => {
    const args = ['operator', 'namespace', 'describe', TEMPORAL_NAMESPACE, '--address', address];
    await runCommand(binary.path, args, { env, timeoutMs: 10_000 });
  };
  const start = async (): Promise<ProcessId> => {
    const process = await spawnDetached({
      command: binary.path,
      args: ['server', 'start-dev', ...place, '--db-filename', join(dataDir, 'temporal.db'), '--log-level', 'warn'],
      env,
      cwd: dataDir,
      logFile,
    });
    try {
      await waitUntilHealthy({ name: 'Temporal', process, logFile, check, timeoutMs: 60_000 });
    } catch (error) {
      await stopProcess(process);
      throw error;
    }
    return process;
  };
  // On a machine that is busy it may give up on itself while its parts wait for each other.
  return { process: await start().catch(start), address };
};

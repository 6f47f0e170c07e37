/** Whom the bench `registry` asks: a registry with its database, and MLflow's own server on SQLite. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import type { ReferencePython } from '../python/reference-python.js';
import { destroyStack } from '../stack/stack-down.js';
import { stackUp } from '../stack/stack-up.js';
import type { OnProgress } from '../system/cache-entry.js';
import { pickPort } from '../system/ports.js';
import { sleep } from '../system/processes.js';

export interface HttpServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string | null;
}

/** The answer to one call, parsed. @throws AppError `internal` for any answer but a 2xx. */
export const callServer = async (
  { url, token }: HttpServer,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<unknown> => {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.ok) return text === '' ? null : (JSON.parse(text) as unknown);
  throw new AppError('internal', `${method} ${url}${path} answered ${response.status}: ${text.slice(0, 300)}`);
};

/** A stack of the bench's own: the servers and the registry, without an orchestrator, which would carry promotions out by itself. */
export const withRegistry = async <T>(
  onProgress: OnProgress,
  act: (registry: HttpServer, environment: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> => {
  const stack = `bench-${process.pid}`;
  try {
    const { environment } = await stackUp({ name: stack, apps: ['registry'], onProgress });
    const { GRAFT_REGISTRY_URL: url = '', GRAFT_REGISTRY_TOKEN: token = null } = environment;
    return await act({ url, token }, environment);
  } finally {
    await destroyStack(stack);
  }
};

const START_MS = 120_000;
const STDERR_TAIL = 2_000;

export interface MlflowOptions {
  readonly python: ReferencePython;
  /** For its database. */
  readonly folder: string;
  /**
   * `default`: as `mlflow server` comes, with four workers and runners of jobs. `tuned`: one worker, since several contend for SQLite's
   * lock, and no runners, which take a quarter of a processor while they wait.
   */
  readonly setting: 'default' | 'tuned';
}

/** MLflow's own server on SQLite, until `act` ends. */
export const withMlflowServer = async <T>(
  { python, folder, setting }: MlflowOptions,
  act: (server: HttpServer) => Promise<T>,
): Promise<T> => {
  const port = await pickPort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    python.command,
    [
      ...['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', `${port}`],
      ...(setting === 'tuned' ? ['--workers', '1'] : []),
      ...['--backend-store-uri', `sqlite:///${join(folder, `${setting}.db`)}`],
      ...['--artifacts-destination', join(folder, 'artifacts')],
    ],
    {
      cwd: folder,
      env: { ...python.env, ...(setting === 'tuned' ? { MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' } : {}) },
      // In a group of its own: it starts others, which have to end with it.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-STDERR_TAIL)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.once('error', (error) => (said += error.message));
  const isUp = (): Promise<boolean> =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  try {
    const deadline = Date.now() + START_MS;
    while (!(await isUp())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new AppError('unavailable', `MLflow's server did not start: ${said.trim()}`);
      }
      await sleep(200);
    }
    return await act({ url, token: null });
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    await ended;
  }
};

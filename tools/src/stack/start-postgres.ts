/** A PostgreSQL server of our own on the loopback address, with its data in a folder. */
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import pg from 'pg';
import { ensurePostgres } from '../binaries/postgres.js';
import type { OnProgress } from '../system/cache-entry.js';
import { makeFolder } from '../system/folders.js';
import { identifyProcess, sleep, spawnDetached, stopProcess } from '../system/processes.js';
import type { ProcessId } from '../system/processes.js';
import { runCommand } from '../system/run-command.js';
import { canReach, unprivilegedUser } from '../system/unprivileged-user.js';
import type { UnixUser } from '../system/unprivileged-user.js';
import { tailOf, waitUntilHealthy } from '../system/wait-until-healthy.js';

export interface PostgresOptions {
  readonly cacheDir: string;
  /** Made and initialized when empty. As root it is given to an unprivileged user, who must be able to reach it. */
  readonly dataDir: string;
  readonly logFile: string;
  readonly port: number;
  /** Of the role `graft`, which owns the database `graft`. Set when the data folder is first made. */
  readonly password: string;
  /** Added to the server's environment. */
  readonly mark?: Readonly<Record<string, string>>;
  readonly onProgress?: OnProgress;
}

export interface RunningPostgres {
  readonly process: ProcessId;
  /** postgresql://graft:…@127.0.0.1:PORT/graft — holds the password. */
  readonly url: string;
}

const ROLE = 'graft';
const START_ATTEMPTS = 20;
const PROGRAM_ENV = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };

export const postgresUrl = (port: number, password: string, database = 'graft'): string =>
  `postgresql://${ROLE}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;

const initialize = async (initdb: string, dataDir: string, password: string, user: UnixUser | null): Promise<void> => {
  // A data folder without PG_VERSION is an initdb that was cut short.
  for (const leftover of await readdir(dataDir)) await rm(join(dataDir, leftover), { recursive: true });
  const secrets = await mkdtemp(join(tmpdir(), 'graft-initdb-'));
  const passwordFile = join(secrets, 'password');
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (user !== null) for (const path of [passwordFile, secrets]) await chown(path, user.uid, user.gid);
    const args = [
      '-D',
      dataDir,
      '-U',
      ROLE,
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--no-sync',
    ];
    const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    await runCommand(initdb, [...args, ...locale], { cwd: dataDir, env: PROGRAM_ENV, user, timeoutMs: 120_000 });
  } finally {
    await rm(secrets, { recursive: true, force: true });
  }
};

/** A server that still runs on this folder although nobody remembers it (its state file was lost): ours to stop. */
const stopForgotten = async (dataDir: string): Promise<void> => {
  const pidFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const id = identifyProcess(Number.parseInt(await readFile(pidFile, 'utf8'), 10));
  const cwd = id === null ? null : await readlink(`/proc/${id.pid}/cwd`).catch(() => null);
  if (id !== null && cwd === dataDir) await stopProcess(id, { signal: 'SIGINT' });
  // A crash leaves the file; when its pid now belongs to another program, PostgreSQL would refuse to start.
  else await rm(pidFile, { force: true });
};

const ensureDatabase = async (url: string): Promise<void> => {
  const database = new URL(url).pathname.slice(1);
  const client = new pg.Client({ connectionString: url.replace(/\/[^/]*$/, '/postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
};

/**
 * Starts PostgreSQL and waits until it answers; the database `graft` exists then.
 * @throws AppError `unavailable` with the tail of the log.
 */
export const startPostgres = async (options: PostgresOptions): Promise<RunningPostgres> => {
  const { dataDir, logFile, port, password, mark = {}, onProgress = () => undefined } = options;
  const user = unprivilegedUser();
  const programs = await ensurePostgres({ cacheDir: options.cacheDir, onProgress });
  await makeFolder(dataDir, 0o755);
  if (user !== null) {
    if (!canReach(dataDir, user)) {
      throw new AppError(
        'missing_prerequisite',
        `as root, PostgreSQL runs as another user (uid ${user.uid}), who can't reach ${dataDir}`,
      );
    }
    await chown(dataDir, user.uid, user.gid);
  }
  if (!existsSync(join(dataDir, 'PG_VERSION'))) {
    onProgress('making the database cluster (2–4 s)');
    await initialize(programs.initdb, dataDir, password, user);
  }
  await stopForgotten(dataDir);
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'];
  const command = {
    command: programs.postgres,
    args: ['-D', dataDir, ...settings.flatMap((setting) => ['-c', setting])],
    env: { ...PROGRAM_ENV, ...mark },
    cwd: dataDir,
    logFile,
    user,
  };
  const url = postgresUrl(port, password);
  for (let attempt = 1; ; attempt += 1) {
    const process = await spawnDetached(command);
    try {
      const check = (): Promise<void> => ensureDatabase(url);
      await waitUntilHealthy({ name: 'PostgreSQL', process, logFile, check, timeoutMs: 60_000 });
      return { process, url };
    } catch (error) {
      await stopProcess(process, { signal: 'SIGINT' });
      // After kill -9 the old server's children hold its shared memory for a moment.
      const stillBusy = /shared memory block .* is still in use|lock file .* already exists/.test(
        await tailOf(logFile, 6),
      );
      if (!stillBusy || attempt >= START_ATTEMPTS) throw error;
      onProgress('the crashed PostgreSQL is still letting go of its memory');
      await sleep(500);
    }
  }
};

/** Ends it in order: connections are cut, everything is flushed. */
export const stopPostgres = async (process: ProcessId): Promise<void> => {
  await stopProcess(process, { signal: 'SIGINT', graceMs: 20_000 });
};

/** What starting a stack consists of, as tasks that run side by side and wait for each other where they must. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runMigrations } from '../prisma/run-migrations.js';
import { inRepository } from '../repository.js';
import { PrerequisiteFailed } from '../setup-task.js';
import type { SetupTask } from '../setup-task.js';
import type { OnProgress } from '../system/cache-entry.js';
import { isRunning } from '../system/processes.js';
import { setupTensorflow } from '../tensorflow/setup-tensorflow.js';
import { ensureApp } from './app-process.js';
import { serversOf } from './stack-environment.js';
import { justStarted } from './stack-session.js';
import type { StackSession } from './stack-session.js';
import type { AppName, ServerName } from './stack-state.js';
import { ensureBuckets, startMinio } from './start-minio.js';
import { startPostgres } from './start-postgres.js';
import { startTemporal } from './start-temporal.js';

type Run = SetupTask['run'];

const REUSED = 'ran already';
const GIVEN = 'given by the environment';

/** A task whose outcome others can wait for, before or after it has begun. */
const shared = (
  title: string,
  run: Run,
  waitsFor: readonly { readonly ended: Promise<void> }[] = [],
): SetupTask & { readonly ended: Promise<void> } => {
  let settle: { resolve: () => void; reject: (error: unknown) => void };
  const ended = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  ended.catch(() => undefined); // Whoever waits for it hears of it.
  return {
    title,
    ended,
    run: async (onProgress) => {
      try {
        await Promise.all(waitsFor.map((task) => task.ended)).catch(() => {
          throw new PrerequisiteFailed(`${title}: what it needs did not start`);
        });
        const remark = await run(onProgress);
        settle.resolve();
        return remark;
      } catch (error) {
        settle.reject(error);
        throw error;
      }
    },
  };
};

/** Starts one of our own servers unless it runs, and writes it down. */
const ownServer =
  (
    session: StackSession,
    server: ServerName,
    start: (onProgress: OnProgress) => Promise<{ process: { pid: number; startTime: string } }>,
  ): Run =>
  async (onProgress) => {
    const known = session.state.servers[server];
    if (known !== undefined && isRunning(known.process)) return REUSED;
    const { process } = await start(onProgress);
    session.state.servers[server] = justStarted(process);
    await session.save();
  };

const postgresTask = (session: StackSession): Run => {
  const { state, credentials, cacheDir } = session;
  if (credentials.given.databaseUrl !== null) return async () => GIVEN;
  return ownServer(session, 'postgres', async (onProgress) =>
    startPostgres({
      cacheDir,
      dataDir: state.postgresDataDir ?? session.dataDir('postgres'),
      logFile: session.logFile('postgres'),
      port: await session.choosePort('postgres'),
      password: credentials.postgresPassword,
      mark: session.mark('postgres'),
      onProgress,
    }),
  );
};

const minioTask = (session: StackSession): Run => {
  const { credentials, cacheDir } = session;
  const { given, s3AccessKey, s3SecretKey } = credentials;
  if (given.s3 !== null) {
    const store = given.s3;
    return async () => {
      await ensureBuckets(store);
      return GIVEN;
    };
  }
  return ownServer(session, 'minio', async (onProgress) =>
    startMinio({
      cacheDir,
      dataDir: session.dataDir('minio'),
      certsDir: session.dataDir('minio-certs'),
      logFile: session.logFile('minio'),
      port: await session.choosePort('minio'),
      consolePort: await session.choosePort('minio-console'),
      accessKey: s3AccessKey,
      secretKey: s3SecretKey,
      mark: session.mark('minio'),
      onProgress,
    }),
  );
};

const temporalTask = (session: StackSession): Run => {
  const { credentials, cacheDir } = session;
  if (credentials.given.temporalAddress !== null) return async () => GIVEN;
  return ownServer(session, 'temporal', async (onProgress) =>
    startTemporal({
      cacheDir,
      dataDir: session.dataDir('temporal'),
      logFile: session.logFile('temporal'),
      port: await session.choosePort('temporal'),
      uiPort: await session.choosePort('temporal-ui'),
      mark: session.mark('temporal'),
      onProgress,
    }),
  );
};

const migrationsDigest = (databaseUrl: string): string => {
  const folder = inRepository('apps/registry/prisma/migrations');
  const hash = createHash('sha256').update(databaseUrl);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('.sql')) hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex');
};

const migrationsTask =
  (session: StackSession): Run =>
  async () => {
    const { databaseUrl } = serversOf(session.state, session.credentials);
    const digest = migrationsDigest(databaseUrl);
    if (session.state.migrations === digest) return 'none new';
    await runMigrations({ databaseUrl });
    session.state.migrations = digest;
    await session.save();
  };

const appTask =
  (session: StackSession, app: AppName): Run =>
  async () =>
    (await ensureApp(session, app)) === 'reused' ? REUSED : undefined;

/** The tasks that bring up the servers and `apps`. The database is brought up to date for the registry, or where that is asked for. */
export const stackTasks = (
  session: StackSession,
  apps: readonly AppName[],
  { migrate = false }: { migrate?: boolean } = {},
): SetupTask[] => {
  const postgres = shared('PostgreSQL', postgresTask(session));
  const minio = shared('MinIO', minioTask(session));
  const temporal = shared('Temporal', temporalTask(session));
  const tasks: SetupTask[] = [postgres, minio, temporal];
  if (apps.length === 0 && !migrate) return tasks;

  const migrations = shared("the database's migrations", migrationsTask(session), [postgres]);
  const registry = shared('registry', appTask(session, 'registry'), [migrations, minio]);
  if (migrate || apps.includes('registry')) tasks.push(migrations);
  if (apps.includes('registry')) tasks.push(registry);
  const before = apps.includes('registry') ? [registry, temporal] : [postgres, minio, temporal];
  if (apps.includes('orchestrator')) tasks.push(shared('orchestrator', appTask(session, 'orchestrator'), before));
  if (apps.includes('trainer')) {
    const tensorflow = shared('TensorFlow', async (onProgress) => {
      const { tensorflowVersion } = await setupTensorflow({ cacheDir: session.cacheDir, onProgress });
      return tensorflowVersion;
    });
    tasks.push(tensorflow, shared('trainer', appTask(session, 'trainer'), [...before, tensorflow]));
  }
  if (apps.includes('serving')) tasks.push(shared('serving', appTask(session, 'serving'), before));
  return tasks;
};

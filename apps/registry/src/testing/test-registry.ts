/** A real registry on a real PostgreSQL of its own, for the integration specs. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore } from '@graft/artifacts';
import type { Links, Role } from '@graft/contracts';
import { createLogger, graftPaths } from '@graft/platform';
import { createRegistryClient, type Registry } from '@graft/registry-client';
import {
  pickPort,
  runMigrations,
  startPostgres,
  stopPostgres,
  type PostgresOptions,
  type RunningPostgres,
} from '@graft/tools';
import pg from 'pg';
import type { CatalogueOptions } from '../services/catalogue-options.js';
import type { LandingUploads } from '../services/uploads.js';
import { startRegistry, type RunningRegistry } from '../start-registry.js';
import type { DeliverySettings } from '../webhooks/deliverer.js';

const PEOPLE = ['viewer', 'trainer', 'reviewer', 'deployer', 'admin', 'service', 'serving'] as const satisfies Role[];

/** Tokens of people with the same role, for what needs two of them. */
const SEEDS = [
  ...PEOPLE.map((role) => ({ name: role, role, token: `token-of-${role}` })),
  { name: 'second-reviewer', role: 'reviewer' as const, token: 'token-of-second-reviewer' },
];

export interface TestRegistry {
  readonly databaseUrl: string;
  /** Where it listens; another after a restart. */
  url(): string;
  /** A client with the token of this name. */
  as(name: string, options?: { actor?: string; retries?: number }): Registry;
  restart(): Promise<void>;
  /** Does something to the database while no server uses it. */
  whileStopped<T>(act: () => Promise<T>): Promise<T>;
  /** Keeps a copy of the database, as it is now. */
  backUp(): Promise<void>;
  /** Puts the copy in the place of the database: what was written since is lost. */
  restoreBackup(): Promise<void>;
  stop(): Promise<void>;
}

/** On a free port. Another program may take it before PostgreSQL does: then on another one. */
const startSomewhere = async (options: Omit<PostgresOptions, 'port'>, tries = 3): Promise<RunningPostgres> => {
  try {
    return await startPostgres({ ...options, port: await pickPort() });
  } catch (thrown) {
    if (tries <= 1 || !/Address already in use/.test((thrown as Error).message)) throw thrown;
    return startSomewhere(options, tries - 1);
  }
};

/** Initializes a database cluster, migrates it and starts the server: about 5 s. */
export const startTestRegistry = async ({
  artifacts,
  uploads,
  catalogue,
  deliveries,
  consoleFolder,
  links,
}: {
  artifacts?: ObjectStore;
  uploads?: LandingUploads;
  catalogue?: CatalogueOptions;
  deliveries?: Partial<DeliverySettings>;
  consoleFolder?: string;
  links?: Links;
} = {}): Promise<TestRegistry> => {
  const folder = join(tmpdir(), `graft-registry-${randomBytes(6).toString('hex')}`);
  const postgres = await startSomewhere({
    cacheDir: graftPaths().cacheDir,
    dataDir: join(folder, 'data'),
    logFile: join(folder, 'postgres.log'),
    password: randomBytes(16).toString('hex'),
  });
  await runMigrations({ databaseUrl: postgres.url });
  const start = (port: number): Promise<RunningRegistry> =>
    startRegistry({
      databaseUrl: postgres.url,
      host: '127.0.0.1',
      port,
      tokens: SEEDS,
      artifacts,
      uploads,
      catalogue,
      links,
      deliveries,
      consoleFolder,
      logger: createLogger({ service: 'registry', level: process.env['GRAFT_LOG_LEVEL'] ?? 'silent' }),
    });
  let registry = await start(0);
  const database = new URL(postgres.url).pathname.slice(1);
  const whileStopped = async <T>(act: () => Promise<T>): Promise<T> => {
    const { port } = registry;
    await registry.close();
    try {
      return await act();
    } finally {
      registry = await start(port);
    }
  };
  /** A database is copied when nobody is at work in it. */
  const withoutRegistry = (statements: readonly string[]): Promise<void> =>
    whileStopped(async () => {
      const client = new pg.Client({
        connectionString: Object.assign(new URL(postgres.url), { pathname: '/template1' }).href,
      });
      await client.connect();
      for (const statement of statements) await client.query(statement);
      await client.end();
    });
  return {
    databaseUrl: postgres.url,
    url: () => registry.url,
    as: (name, options = {}) => createRegistryClient({ url: registry.url, token: `token-of-${name}`, ...options }),
    restart: () => whileStopped(async () => undefined),
    whileStopped,
    backUp: () => withoutRegistry([`CREATE DATABASE "backup" TEMPLATE "${database}"`]),
    restoreBackup: () =>
      withoutRegistry([`DROP DATABASE "${database}"`, `CREATE DATABASE "${database}" TEMPLATE "backup"`]),
    stop: async () => {
      await registry.close();
      await stopPostgres(postgres.process);
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** Prisma's command line over the registry's schema, with its own engine where it is and the stand-in elsewhere. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '@graft/contracts';
import { inRepository } from '../repository.js';
import { runCommand } from '../system/run-command.js';

const resolvePackage = (name: string): string =>
  dirname(createRequire(inRepository('tools/package.json')).resolve(`${name}/package.json`));

/** On a connected machine Prisma fetches its own schema engine next to its package: then it is used. */
const hasOwnEngine = (): boolean =>
  readdirSync(resolvePackage('@prisma/engines')).some((name) => name.startsWith('schema-engine-'));

/** What every Prisma command runs with: no network, no update check, an engine. */
export const prismaEnvironment = (env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...env,
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  ...(env['PRISMA_SCHEMA_ENGINE_BINARY'] === undefined && !hasOwnEngine()
    ? { PRISMA_SCHEMA_ENGINE_BINARY: inRepository('tools/prisma/schema-engine.mjs') }
    : {}),
});

/** Runs `prisma <args>` on the registry's schema and answers what it printed. */
export const runPrisma = (args: readonly string[], options: { databaseUrl?: string } = {}): Promise<string> => {
  const cli = join(resolvePackage('prisma'), 'build/index.js');
  const env = {
    ...process.env,
    ...(options.databaseUrl === undefined ? {} : { GRAFT_DATABASE_URL: options.databaseUrl }),
  };
  return runCommand(process.execPath, [cli, ...args, '--config', inRepository('apps/registry/prisma.config.ts')], {
    cwd: inRepository(),
    env: prismaEnvironment(env),
    timeoutMs: 180_000,
  });
};

/**
 * Brings a database up to the registry's newest migration (`prisma migrate deploy`); nothing happens when it is.
 * @throws AppError `unavailable` with Prisma's own words when a migration fails.
 */
export const runMigrations = async ({ databaseUrl }: { databaseUrl: string }): Promise<void> => {
  if (!existsSync(inRepository('apps/registry/prisma/schema.prisma'))) {
    throw new AppError('internal', 'apps/registry/prisma/schema.prisma is missing: this checkout is not whole');
  }
  try {
    await runPrisma(['migrate', 'deploy'], { databaseUrl });
  } catch (cause) {
    throw new AppError('unavailable', `the database's migrations failed: ${(cause as Error).message}`, { cause });
  }
};

/** What tools/prisma/migrate.mjs runs: a Prisma command on a throw-away database. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graftPaths } from '@graft/platform';
import { startPostgres, stopPostgres } from '../stack/start-postgres.js';
import { makeFolder } from '../system/folders.js';
import { pickPort } from '../system/ports.js';
import { runPrisma } from './run-migrations.js';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const withDatabase = async (act: (databaseUrl: string) => Promise<void>): Promise<void> => {
  const given = process.env['GRAFT_DATABASE_URL'];
  if (given) return act(given);
  // mkdtemp makes a folder that only we may enter; PostgreSQL may run as another user.
  const folder = await makeFolder(join(tmpdir(), `graft-migrate-${randomBytes(6).toString('hex')}`));
  let running;
  try {
    running = await startPostgres({
      cacheDir: graftPaths().cacheDir,
      dataDir: join(folder, 'data'),
      logFile: join(folder, 'postgres.log'),
      port: await pickPort(),
      password: randomBytes(16).toString('hex'),
      onProgress: say,
    });
    await act(running.url);
  } finally {
    if (running !== undefined) await stopPostgres(running.process);
    await rm(folder, { recursive: true, force: true });
  }
};

/** Runs `generate`, or `migrate <args>` and then, for `dev`, `generate`. Answers the exit code. */
export const migrateCommand = async (args: readonly string[]): Promise<number> => {
  const [command] = args;
  if (command === undefined || command.startsWith('-')) {
    say('usage: node tools/prisma/migrate.mjs dev --name NAME | deploy | status | diff … | generate');
    return 2;
  }
  try {
    if (command !== 'generate') {
      await withDatabase(async (databaseUrl) => say(await runPrisma(['migrate', ...args], { databaseUrl })));
    }
    if (command === 'generate' || command === 'dev') say(await runPrisma(['generate']));
    return 0;
  } catch (error) {
    say((error as Error).message);
    return 1;
  }
};

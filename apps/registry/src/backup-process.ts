/**
 * The database's part of `graft backup` and `graft restore`: the registry alone knows the database. PostgreSQL is named by the environment,
 * as to the registry. JSON lines on standard output: `{done, total}` while it works, then `{result}` or `{error: {code, message}}`.
 *
 *   node backup-process.js dump FOLDER     writes FOLDER/database, then keeps objects from being removed until its input ends
 *   node backup-process.js state           what the database holds
 *   node backup-process.js load FOLDER     from FOLDER/backup.json
 *   node backup-process.js settle          the epoch is raised: forgets that it was restored
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, backupSchema, exitCodeOf, toAppError } from '@graft/contracts';
import { readEnvironment } from '@graft/platform';
import pg from 'pg';
import { z } from 'zod';
import { dumpDatabase } from './backup/dump-database.js';
import { markRestored, readDatabaseState } from './backup/database-state.js';
import { loadDatabase } from './backup/load-database.js';
import { registryEnvironmentSchema } from './environment.js';

const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const tell = (done: number, total: number): void => say({ done, total });

const inputEnds = (): Promise<void> =>
  new Promise((resolve) => process.stdin.once('end', resolve).once('close', resolve).resume());

const acts: Readonly<Record<string, (client: pg.Client, folder: string) => Promise<unknown>>> = {
  dump: (client, folder) => dumpDatabase(client, folder, tell),
  state: readDatabaseState,
  load: async (client, folder) => {
    const backup = backupSchema.parse(JSON.parse(await readFile(join(folder, 'backup.json'), 'utf8')));
    await loadDatabase(client, folder, backup, tell);
    return readDatabaseState(client);
  },
  settle: async (client) => {
    await markRestored(client, null);
    return readDatabaseState(client);
  },
};

const run = async (): Promise<void> => {
  const [, , name = '', folder = ''] = process.argv;
  const act = acts[name];
  if (act === undefined) throw new AppError('usage', `expected one of ${Object.keys(acts).join(', ')}`);
  const { GRAFT_DATABASE_URL: connectionString } = readEnvironment(
    registryEnvironmentSchema.pick({ GRAFT_DATABASE_URL: true }),
  );
  const client = new pg.Client({ connectionString, application_name: 'graft-backup', connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
  } catch (cause) {
    throw new AppError('unavailable', `PostgreSQL can't be reached: ${toAppError(cause).message}`, { cause });
  }
  try {
    say({ result: await act(client, folder) });
    if (name === 'dump') await inputEnds();
  } finally {
    await client.end();
  }
};

run().catch((thrown: unknown) => {
  const isInvalid = thrown instanceof z.ZodError;
  const { code, message } = isInvalid ? new AppError('corrupt', z.prettifyError(thrown)) : toAppError(thrown);
  say({ error: { code, message } });
  process.exitCode = exitCodeOf(code);
});

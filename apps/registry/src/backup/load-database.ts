/** Fills an empty database with what a backup holds: all of it, or nothing. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { digestOfFile } from '@graft/artifacts';
import { AppError, type Backup, type DatabaseDump } from '@graft/contracts';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { listMigrations, listTables, type Migration } from './database-shape.js';
import { markRestored, readDatabaseState } from './database-state.js';

/** PostgreSQL's code for what a role may not do. */
const INSUFFICIENT_PRIVILEGE = '42501';

const nameSome = (migrations: readonly Migration[]): string =>
  migrations
    .slice(0, 3)
    .map(({ name }) => name)
    .join(', ') + (migrations.length > 3 ? '…' : '');

/** @throws AppError `conflict` where the tables aren't those that were dumped, saying which side is older */
const checkMigrations = (there: readonly Migration[], dumped: readonly Migration[]): void => {
  const keys = (migrations: readonly Migration[]): Set<string> =>
    new Set(migrations.map(({ name, checksum }) => `${name} ${checksum}`));
  const missing = (from: readonly Migration[], inside: readonly Migration[]): Migration[] => {
    const known = keys(inside);
    return from.filter(({ name, checksum }) => !known.has(`${name} ${checksum}`));
  };
  const [newer, older] = [missing(there, dumped), missing(dumped, there)];
  if (newer.length + older.length === 0) return;
  throw new AppError(
    'conflict',
    older.length > 0
      ? `the backup was made by a Graft that has migrations which this one doesn't know (${nameSome(older)}): restore with that one`
      : `the backup is older than this Graft, whose database has ${nameSome(newer)} besides: restore with the Graft that made it, ` +
          'then upgrade (docs/operations.md)',
    { details: { newer: newer.map(({ name }) => name), older: older.map(({ name }) => name) } },
  );
};

/** @throws AppError `conflict` while somebody else uses the database: a registry keeps rows in its memory */
const checkUnused = async (client: pg.Client): Promise<void> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT coalesce(nullif("application_name", ''), 'somebody') AS "name" FROM pg_stat_activity
      WHERE "datname" = current_database() AND "pid" <> pg_backend_pid() AND "backend_type" = 'client backend'`,
  );
  if (rows.length === 0) return;
  throw new AppError(
    'conflict',
    `the database is in use by ${[...new Set(rows.map(({ name }) => name))].join(', ')}: stop the registry, then restore`,
  );
};

/** @throws AppError `corrupt` */
const checkFile = async (folder: string, { file, sha256 }: { file: string; sha256: string }): Promise<void> => {
  const found = await digestOfFile(join(folder, file));
  if (found !== sha256)
    throw new AppError('corrupt', `${join(folder, file)} is damaged: its digest should be ${sha256}, found ${found}`);
};

const loadTable = async (client: pg.Client, folder: string, table: DatabaseDump['tables'][number]): Promise<void> => {
  const names = table.columns.map((column) => client.escapeIdentifier(column)).join(', ');
  const rows = client.query(copyFrom(`COPY ${client.escapeIdentifier(table.name)} (${names}) FROM STDIN`));
  await pipeline(createReadStream(join(folder, table.file)), createGunzip(), rows);
  if (rows.rowCount !== table.rows)
    throw new AppError('corrupt', `${table.file} has ${rows.rowCount} rows, expected ${table.rows}`);
};

/** Triggers and foreign keys stay out of it: what comes in was let through by them once, whole as it is. */
const silenceTriggers = async (client: pg.Client): Promise<void> => {
  try {
    await client.query("SET LOCAL session_replication_role = 'replica'");
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError) || cause.code !== INSUFFICIENT_PRIVILEGE) throw cause;
    throw new AppError(
      'forbidden',
      'restoring takes a role that may set session_replication_role (a superuser, or GRANT SET ON PARAMETER)',
      { cause },
    );
  }
};

/**
 * Loads the database of a backup, in one transaction, into an empty one of the same migrations.
 * @param folder of the backup
 * @throws AppError `conflict` where it isn't empty, is in use, or has other tables; `corrupt` for damaged files; `forbidden` for a role that
 * may not
 */
export const loadDatabase = async (
  client: pg.Client,
  folder: string,
  { id, database }: Backup,
  onTable: (done: number, total: number) => void = () => undefined,
): Promise<void> => {
  for (const table of database.tables) await checkFile(folder, table);
  checkMigrations(await listMigrations(client), database.migrations);
  await client.query('BEGIN');
  try {
    await checkUnused(client);
    const { filled } = await readDatabaseState(client);
    if (filled.length > 0)
      throw new AppError('conflict', `the database isn't empty (${filled.join(', ')}): restore into a new stack`, {
        details: { filled },
      });
    await silenceTriggers(client);
    const tables = (await listTables(client)).map(({ name }) => client.escapeIdentifier(name));
    await client.query(`TRUNCATE ${tables.join(', ')}`);
    for (const [done, table] of database.tables.entries()) {
      await loadTable(client, folder, table);
      onTable(done + 1, database.tables.length);
    }
    for (const { name, value } of database.sequences)
      await client.query('SELECT setval(quote_ident($1)::regclass, $2::bigint)', [name, value]);
    await markRestored(client, id);
    await client.query('COMMIT');
  } catch (thrown) {
    await client.query('ROLLBACK');
    throw thrown;
  }
  await client.query('ANALYZE');
};

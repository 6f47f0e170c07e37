/** Writes the database of one moment into files, a table each. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { createDigestingStream } from '@graft/artifacts';
import { AppError, type DatabaseDump } from '@graft/contracts';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { BACKUP_LOCK } from '../db/backup-lock.js';
import { listMigrations, listTables, type TableShape } from './database-shape.js';

/** Who records that an object is to go shares the lock for a moment. */
const PATIENCE = '3s';
const LOCK_NOT_AVAILABLE = '55P03';

/** Below a backup's folder. */
const FOLDER = 'database';

const dumpTable = async (
  client: pg.Client,
  { name, columns }: TableShape,
  folder: string,
): Promise<DatabaseDump['tables'][number]> => {
  const file = `${FOLDER}/${name}.copy.gz`;
  const names = columns.map((column) => client.escapeIdentifier(column)).join(', ');
  const rows = client.query(copyTo(`COPY ${client.escapeIdentifier(name)} (${names}) TO STDOUT`));
  const digesting = createDigestingStream();
  await pipeline(rows, createGzip(), digesting.stream, createWriteStream(join(folder, file), { mode: 0o600 }));
  return { name, columns: [...columns], rows: rows.rowCount ?? 0, file, sha256: digesting.told().sha256 };
};

/** @throws AppError `conflict` while another backup is made */
const holdObjects = async (client: pg.Client): Promise<void> => {
  await client.query(`SET lock_timeout = '${PATIENCE}'`);
  try {
    await client.query(`SELECT pg_advisory_lock(${BACKUP_LOCK})`);
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError) || cause.code !== LOCK_NOT_AVAILABLE) throw cause;
    throw new AppError('conflict', 'another backup is being made: try again once it is done', { cause });
  }
};

/**
 * Dumps all tables as of one moment, while others read and write. The connection keeps objects from being removed until it is closed.
 * @param folder an empty one, of the backup
 * @param onTable how many are done, of how many
 */
export const dumpDatabase = async (
  client: pg.Client,
  folder: string,
  onTable: (done: number, total: number) => void = () => undefined,
): Promise<DatabaseDump> => {
  await mkdir(join(folder, FOLDER), { mode: 0o700 });
  await holdObjects(client);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const { rows: moments } = await client.query<{ at: Date; epoch: number }>(
    'SELECT now() AS "at", "value" AS "epoch" FROM "epoch" WHERE "id" = 1',
  );
  const [moment] = moments;
  if (moment === undefined) throw new Error('the database has no epoch');
  const migrations = await listMigrations(client);
  const shapes = await listTables(client);
  const tables: DatabaseDump['tables'] = [];
  for (const shape of shapes) {
    tables.push(await dumpTable(client, shape, folder));
    onTable(tables.length, shapes.length);
  }
  // What they give is of no transaction: read last, no row of this moment has a later value.
  const { rows: sequences } = await client.query<{ name: string; value: string }>(
    `SELECT "sequencename" AS "name", "last_value"::text AS "value" FROM pg_sequences
      WHERE "schemaname" = current_schema() AND "last_value" IS NOT NULL ORDER BY 1`,
  );
  await client.query('COMMIT');
  return { at: moment.at.toISOString(), epoch: moment.epoch, migrations, tables, sequences };
};

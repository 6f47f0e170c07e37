/** Whether a database can be restored into, and whether that was done and nobody has raised the epoch since. */
import type { DatabaseState } from '@graft/contracts';
import type pg from 'pg';

/** A row in one of these is something that would be lost. */
const PRECIOUS = ['dataset', 'pipeline_version', 'model', 'run', 'ledger', 'ingestion', 'selection'] as const;

/** Kept as the schema's comment: it is there from the restore's commit on, and no table has to know of it. */
const MARK = 'graft: restored from the backup ';

export const markRestored = async (client: pg.Client, id: string | null): Promise<void> => {
  const comment = id === null ? 'NULL' : client.escapeLiteral(`${MARK}${id}`);
  const { rows } = await client.query<{ schema: string }>('SELECT current_schema() AS "schema"');
  await client.query(`COMMENT ON SCHEMA ${client.escapeIdentifier(rows[0]?.schema ?? 'public')} IS ${comment}`);
};

export const readDatabaseState = async (client: pg.Client): Promise<DatabaseState> => {
  const filled: string[] = [];
  for (const table of PRECIOUS) {
    const { rows } = await client.query(`SELECT 1 FROM ${client.escapeIdentifier(table)} LIMIT 1`);
    if (rows.length > 0) filled.push(table);
  }
  const { rows } = await client.query<{ comment: string | null; epoch: number }>(
    `SELECT obj_description(current_schema()::regnamespace, 'pg_namespace') AS "comment", "value" AS "epoch" FROM "epoch" WHERE "id" = 1`,
  );
  const { comment = null, epoch = 1 } = rows[0] ?? {};
  return { filled, restoredFrom: comment?.startsWith(MARK) === true ? comment.slice(MARK.length) : null, epoch };
};

/** What the database consists of, as it says itself. */
import type pg from 'pg';

const MIGRATIONS = '_prisma_migrations';

export interface TableShape {
  readonly name: string;
  /** In their order, less those that the database computes. */
  readonly columns: readonly string[];
}

/** Every table but that of the migrations, by name. */
export const listTables = async (client: pg.Client): Promise<TableShape[]> =>
  (
    await client.query<{ name: string; columns: string[] }>(
      `SELECT c.relname AS "name", array_agg(a.attname::text ORDER BY a.attnum) AS "columns"
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname <> $1
          AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        GROUP BY c.relname ORDER BY c.relname`,
      [MIGRATIONS],
    )
  ).rows;

export interface Migration {
  readonly name: string;
  readonly checksum: string;
}

/** Those that were applied, in their order. */
export const listMigrations = async (client: pg.Client): Promise<Migration[]> =>
  (
    await client.query<Migration>(
      `SELECT "migration_name" AS "name", "checksum" FROM "${MIGRATIONS}"
        WHERE "finished_at" IS NOT NULL AND "rolled_back_at" IS NULL ORDER BY 1`,
    )
  ).rows;

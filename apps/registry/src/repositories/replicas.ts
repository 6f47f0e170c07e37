import { replicaReportSchema, replicaSchema, type Replica, type ReplicaReport } from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';
import type { PageAsk } from '../rules/page.js';
import type { Client } from './client.js';

export interface ReplicaFilter {
  readonly environment?: string;
  readonly live?: boolean;
}

interface ReplicaRow {
  id: string;
  report: unknown;
  live: boolean;
  renewed_at: Date;
  expires_at: Date;
}

const { sql, join } = Prisma;

const toReplica = (row: ReplicaRow): Replica =>
  replicaSchema.parse({
    ...replicaReportSchema.parse(row.report),
    id: row.id,
    live: row.live,
    renewedAt: row.renewed_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  });

/** In SQL, since a lease is judged by the database's clock alone. */
export const replicaRepository = (client: Client) => ({
  get: async (id: string): Promise<Replica | null> => {
    const [row] = await client.$queryRaw<ReplicaRow[]>`
      SELECT "id", "report", "expires_at" > clock_timestamp() AS live, "renewed_at", "expires_at"
      FROM "replica" WHERE "id" = ${id}`;
    return row === undefined ? null : toReplica(row);
  },

  /** By id. */
  list: async ({ environment, live }: ReplicaFilter, page?: PageAsk<string>): Promise<Replica[]> => {
    const where = [
      sql`true`,
      ...(environment === undefined ? [] : [sql`"environment" = ${environment}`]),
      ...(live === undefined ? [] : [sql`("expires_at" > clock_timestamp()) = ${live}`]),
      ...(page?.after == null ? [] : [sql`"id" > ${page.after}`]),
    ];
    const rows = await client.$queryRaw<ReplicaRow[]>`
      SELECT /* prepared */ "id", "report", "expires_at" > clock_timestamp() AS live, "renewed_at", "expires_at" FROM "replica"
      WHERE ${join(where, ' AND ')} ORDER BY "id" ${page === undefined ? sql`` : sql`LIMIT ${page.limit}`}`;
    return rows.map(toReplica);
  },

  renew: async (id: string, report: ReplicaReport): Promise<void> => {
    await client.$executeRaw`
      INSERT INTO "replica" ("id", "environment", "report", "renewed_at", "expires_at")
      VALUES (${id}, ${report.environment}, ${JSON.stringify(report)}::jsonb, clock_timestamp(),
        clock_timestamp() + make_interval(secs => ${report.leaseSeconds}::double precision))
      ON CONFLICT ("id") DO UPDATE SET "environment" = excluded."environment", "report" = excluded."report",
        "renewed_at" = excluded."renewed_at", "expires_at" = excluded."expires_at"`;
  },

  /** Whether it was there. */
  remove: async (id: string): Promise<Replica | null> => {
    const [row] = await client.$queryRaw<ReplicaRow[]>`
      DELETE FROM "replica" WHERE "id" = ${id} RETURNING "id", "report", false AS live, "renewed_at", "expires_at"`;
    return row === undefined ? null : toReplica(row);
  },

  /** Forgets those whose lease ended more than a day ago. */
  prune: async (): Promise<void> => {
    await client.$executeRaw`DELETE FROM "replica" WHERE "expires_at" < clock_timestamp() - interval '1 day'`;
  },
});

import { replicaReportSchema, replicaSchema, type Replica, type ReplicaReport } from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';
import type { Client } from './client.js';

interface ReplicaRow {
  id: string;
  report: unknown;
  live: boolean;
  renewed_at: Date;
  expires_at: Date;
}

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

  list: async ({ environment, live }: { environment?: string; live?: boolean }): Promise<Replica[]> => {
    const rows = await client.$queryRaw<ReplicaRow[]>`
      SELECT "id", "report", "expires_at" > clock_timestamp() AS live, "renewed_at", "expires_at" FROM "replica"
      WHERE ${environment === undefined ? Prisma.sql`true` : Prisma.sql`"environment" = ${environment}`}
      ORDER BY "id"`;
    return rows.map(toReplica).filter((replica) => live === undefined || replica.live === live);
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

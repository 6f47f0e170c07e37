import { refusalSchema, type Refusal } from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';
import type { PageAsk } from '../rules/page.js';
import type { Client } from './client.js';

/** One call that was refused. */
export type RefusedCall = Pick<Refusal, 'status' | 'operation' | 'token' | 'role' | 'address'>;
export type CountedRefusal = RefusedCall & { readonly count: number };

export interface RefusalRow {
  readonly id: string;
  readonly refusal: Refusal;
}

const orNull = (text: string): string | null => (text === '' ? null : text);

const toRow = (row: Prisma.RefusalGetPayload<object>): RefusalRow => ({
  id: String(row.id),
  refusal: refusalSchema.parse({
    ...row,
    token: orNull(row.token),
    role: orNull(row.role),
    firstAt: row.firstAt.toISOString(),
    lastAt: row.lastAt.toISOString(),
  }),
});

const { sql, join } = Prisma;

export const refusalRepository = (client: Client) => ({
  /** Adds to what this minute has already; all of them are of different calls. */
  add: async (refusals: readonly CountedRefusal[]): Promise<void> => {
    if (refusals.length === 0) return;
    const rows = refusals.map(
      ({ status, operation, token, role, address, count }) =>
        sql`(date_trunc('minute', now()), ${status}::smallint, ${operation}, ${token ?? ''}, ${role ?? ''}, ${address}, ${count}::int)`,
    );
    await client.$executeRaw`
      INSERT INTO "refusal" AS r ("minute", "status", "operation", "token", "role", "address", "count") VALUES ${join(rows)}
      ON CONFLICT ("minute", "status", "operation", "token", "role", "address")
      DO UPDATE SET "count" = r."count" + excluded."count", "last_at" = now()`;
  },

  /** Newest first. */
  list: async ({ after, limit }: PageAsk<string>): Promise<RefusalRow[]> => {
    const where = after === null ? {} : { id: { lt: BigInt(after) } };
    return (await client.refusal.findMany({ where, orderBy: { id: 'desc' }, take: limit })).map(toRow);
  },
});

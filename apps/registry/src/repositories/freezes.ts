import { freezeSchema, type Freeze, type FreezeScope } from '@graft/contracts';
import type { Prisma } from '../generated/prisma/client.js';
import type { FreezeAct } from '../rules/freeze.js';
import type { PageAsk } from '../rules/page.js';
import type { Client } from './client.js';

const toFreeze = (row: Prisma.FreezeGetPayload<object>): Freeze =>
  freezeSchema.parse({
    model: row.modelName,
    environment: row.environment,
    reason: row.reason,
    by: row.by,
    at: row.at.toISOString(),
    ended: row.endedAt && { by: row.endedBy, at: row.endedAt.toISOString(), reason: row.endReason },
  });

export const freezeRepository = (client: Client) => ({
  /**
   * Those that hold, newest first, and none is made or ended by others until the transaction ends. Locked alone by who freezes, together
   * with each other by those who promote.
   */
  lock: async (how: 'alone' | 'shared'): Promise<Freeze[]> => {
    const rows = await client.$queryRaw<Prisma.FreezeGetPayload<object>[]>`
      SELECT /* prepared */ "id", "model" AS "modelName", "environment", "reason", "by", "at", "ended_at" AS "endedAt", "ended_by" AS "endedBy",
        "end_reason" AS "endReason" FROM lock_and_list_freezes(${how === 'alone'})`;
    return rows.map(toFreeze);
  },

  /** Newest first; those that hold, or all. */
  list: async ({ holding }: { holding: boolean }): Promise<Freeze[]> =>
    (
      await client.freeze.findMany({ where: holding ? { endedAt: null } : {}, orderBy: { id: 'desc' }, take: 1_000 })
    ).map(toFreeze),

  /** Newest first, with what each is found by. */
  page: async (
    { holding }: { holding: boolean },
    { after, limit }: PageAsk<string>,
  ): Promise<{ id: string; freeze: Freeze }[]> => {
    const where = { ...(holding ? { endedAt: null } : {}), ...(after === null ? {} : { id: { lt: BigInt(after) } }) };
    const rows = await client.freeze.findMany({ where, orderBy: { id: 'desc' }, take: limit });
    return rows.map((row) => ({ id: String(row.id), freeze: toFreeze(row) }));
  },

  create: async ({ model, environment }: FreezeScope, { by, reason }: FreezeAct): Promise<Freeze> =>
    toFreeze(await client.freeze.create({ data: { modelName: model, environment, by, reason } })),

  /** Answers the one that held in just this place; null where there was none. */
  end: async ({ model, environment }: FreezeScope, { by, reason }: FreezeAct): Promise<Freeze | null> => {
    const row = await client.freeze.findFirst({ where: { modelName: model, environment, endedAt: null } });
    if (row === null) return null;
    await client.$executeRaw`UPDATE "freeze" SET "ended_at" = now(), "ended_by" = ${by}, "end_reason" = ${reason} WHERE "id" = ${row.id}`;
    return toFreeze(await client.freeze.findUniqueOrThrow({ where: { id: row.id } }));
  },
});

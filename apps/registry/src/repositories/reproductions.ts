import {
  reproductionEventSchema,
  reproductionSchema,
  type NewRunEvent,
  type Reproduction,
  type ReproductionEvent,
  type ReproductionPatch,
} from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';
import type { MomentKey } from '../rules/page.js';
import { isUuid, olderThan, toJson, type Client } from './client.js';

/** What is asked: of which version, which forms, from where. */
export type ReproductionQuestion = Pick<Reproduction, 'model' | 'version' | 'variant' | 'fresh'>;

export interface ReproductionFilter {
  readonly state?: Reproduction['state'];
  readonly model?: string;
  readonly version?: number;
  readonly limit: number;
}

const UNDER_WAY = { in: ['requested', 'running'] satisfies Reproduction['state'][] };

const toReproduction = ({ modelName, ...row }: Prisma.ReproductionGetPayload<object>): Reproduction =>
  reproductionSchema.parse({
    ...Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'lastSeq')),
    model: modelName,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  });

const toColumns = (patch: ReproductionPatch): Prisma.ReproductionUpdateInput => {
  if (patch.state === 'failed') return { state: patch.state, error: toJson(patch.error) };
  if (patch.state === 'succeeded') return { ...patch, checkpoint: Prisma.DbNull };
  const { state, checkpoint } = patch;
  if (checkpoint === undefined) return { state };
  return { state, checkpoint: checkpoint === null ? Prisma.DbNull : toJson(checkpoint) };
};

export const reproductionRepository = (client: Client) => ({
  get: async (id: string): Promise<Reproduction | null> => {
    const row = isUuid(id) ? await client.reproduction.findUnique({ where: { id } }) : null;
    return row === null ? null : toReproduction(row);
  },

  /** Until the transaction ends, nobody else changes it. */
  lock: async (id: string): Promise<void> => {
    if (isUuid(id)) await client.$queryRaw`SELECT "id" FROM "reproduction" WHERE "id" = ${id}::uuid FOR UPDATE`;
  },

  /** The one that answers this question now; null where none is under way. */
  underWay: async ({ model, ...question }: ReproductionQuestion): Promise<Reproduction | null> => {
    const row = await client.reproduction.findFirst({ where: { modelName: model, ...question, state: UNDER_WAY } });
    return row === null ? null : toReproduction(row);
  },

  /** Whether it was made; not where another answers the same question. */
  create: async (id: string, { model, ...question }: ReproductionQuestion, by: string): Promise<boolean> => {
    const data = [{ id, modelName: model, ...question, by }];
    return (await client.reproduction.createMany({ data, skipDuplicates: true })).count === 1;
  },

  /** Newest first. */
  list: async (
    { limit, model, ...where }: ReproductionFilter,
    after: MomentKey | null = null,
  ): Promise<Reproduction[]> => {
    const rows = await client.reproduction.findMany({
      where: { ...where, ...(model === undefined ? {} : { modelName: model }), ...olderThan({ after, limit }) },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit,
    });
    return rows.map(toReproduction);
  },

  patch: async (id: string, patch: ReproductionPatch): Promise<Reproduction> =>
    toReproduction(await client.reproduction.update({ where: { id }, data: toColumns(patch) })),

  /** Numbered after those that are there; it is then in the stage of the last. */
  appendEvents: async (id: string, events: readonly NewRunEvent[]): Promise<void> => {
    const { lastSeq } = await client.reproduction.update({
      where: { id },
      data: { lastSeq: { increment: events.length }, stage: events[events.length - 1]?.stage ?? null },
      select: { lastSeq: true },
    });
    const first = lastSeq - events.length + 1;
    await client.reproductionEvent.createMany({
      data: events.map((event, index) => ({ reproductionId: id, seq: first + index, body: toJson(event) })),
    });
  },

  listEvents: async (id: string, { after, limit }: { after: number; limit: number }): Promise<ReproductionEvent[]> => {
    const where = { reproductionId: id, seq: { gt: after } };
    const rows = await client.reproductionEvent.findMany({ where, orderBy: { seq: 'asc' }, take: limit });
    return rows.map(({ body, seq, at }) =>
      reproductionEventSchema.parse({ ...(body as object), seq, at: at.toISOString() }),
    );
  },
});

import { ingestionSchema, type Ingestion, type IngestionPatch, type NewIngestion } from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { olderThan, toJson, type Client } from './client.js';

const toIngestion = (row: Prisma.IngestionGetPayload<object>): Ingestion =>
  ingestionSchema.parse({
    ...row,
    dataset: row.datasetName,
    startedAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  });

export const ingestionRepository = (client: Client) => ({
  /** The one of this id, made where there was none. */
  createOrGet: async ({ dataset, ...ingestion }: NewIngestion): Promise<Ingestion> => {
    await client.ingestion.createMany({ data: [{ ...ingestion, datasetName: dataset }], skipDuplicates: true });
    return toIngestion(await client.ingestion.findUniqueOrThrow({ where: { id: ingestion.id } }));
  },

  get: async (id: string): Promise<Ingestion | null> => {
    const row = await client.ingestion.findUnique({ where: { id } });
    return row === null ? null : toIngestion(row);
  },

  /** Until the transaction ends, nobody else changes it. */
  lock: async (id: string): Promise<void> => {
    await client.$queryRaw`SELECT "id" FROM "ingestion" WHERE "id" = ${id} FOR UPDATE`;
  },

  patch: async (id: string, { error, ...patch }: IngestionPatch): Promise<Ingestion> => {
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    const document = error === undefined ? {} : { error: error === null ? Prisma.DbNull : toJson(error) };
    return toIngestion(await client.ingestion.update({ where: { id }, data: { ...given, ...document } }));
  },

  /** Newest first. */
  list: async (dataset: string, page: PageAsk<MomentKey>): Promise<Ingestion[]> =>
    (
      await client.ingestion.findMany({
        where: { datasetName: dataset, ...olderThan(page) },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: page.limit,
      })
    ).map(toIngestion),
});

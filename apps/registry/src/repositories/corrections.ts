import { correctionSchema, type Correction, type NewCorrection } from '@graft/contracts';
import type { Prisma } from '../generated/prisma/client.js';
import { toJson, type Client } from './client.js';

const toCorrection = (row: Prisma.CorrectionGetPayload<object>): Correction =>
  correctionSchema.parse({
    dataset: row.datasetName,
    number: row.number,
    reason: row.reason,
    actions: row.actions,
    by: row.by,
    at: row.createdAt.toISOString(),
  });

export const correctionRepository = (client: Client) => ({
  /** Whoever numbers one holds the lock of its dataset. */
  create: async (correction: NewCorrection & { dataset: string; number: number; by: string }): Promise<Correction> => {
    const { dataset, number, by, reason, actions } = correction;
    return toCorrection(
      await client.correction.create({
        data: { datasetName: dataset, number, by, reason, actions: actions.map(toJson) },
      }),
    );
  },

  /** Those after a number, oldest first. */
  list: async (dataset: string, { after, limit }: { after: number; limit: number }): Promise<Correction[]> => {
    const rows = await client.correction.findMany({
      where: { datasetName: dataset, number: { gt: after } },
      orderBy: { number: 'asc' },
      take: limit,
    });
    return rows.map(toCorrection);
  },
});

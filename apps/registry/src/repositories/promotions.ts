import { promotionSchema, type Promotion } from '@graft/contracts';
import type { Prisma } from '../generated/prisma/client.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { isUuid, olderThan, takeOf, toJson, type Client } from './client.js';

/** A promotion, and whether a pipeline asked for it rather than a person. */
export interface PromotionRow {
  readonly promotion: Promotion;
  readonly automatic: boolean;
}

export interface PromotionFilter {
  readonly state?: Promotion['state'];
  readonly model?: string;
  readonly environment?: string;
}

export type PromotionError = { code: string; message: string };

const toRow = (row: Prisma.PromotionGetPayload<object>): PromotionRow => ({
  automatic: row.automatic,
  promotion: promotionSchema.parse({
    ...row,
    model: row.modelName,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }),
});

const OPEN = ['requested', 'preparing'];

export const promotionRepository = (client: Client) => ({
  get: async (id: string): Promise<PromotionRow | null> => {
    const row = isUuid(id) ? await client.promotion.findUnique({ where: { id } }) : null;
    return row === null ? null : toRow(row);
  },

  /** With the ledger that it is for: until the transaction ends, nobody else takes a step there. */
  lock: async (id: string): Promise<PromotionRow | null> => {
    if (!isUuid(id)) return null;
    const [row] = await client.$queryRaw<Prisma.PromotionGetPayload<object>[]>`
      SELECT /* prepared */ "id", "model" AS "modelName", "environment", "version", "variant", "expected_generation" AS "expectedGeneration", "state",
        "generation", "automatic", "skip_stages" AS "skipStages", "by", "reason", "error", "created_at" AS "createdAt",
        "updated_at" AS "updatedAt" FROM lock_promotion(${id}::uuid)`;
    return row === undefined ? null : toRow(row);
  },

  /** Newest first. */
  list: async (filter: PromotionFilter, page?: PageAsk<MomentKey>): Promise<Promotion[]> => {
    const { model, ...rest } = filter;
    const rows = await client.promotion.findMany({
      where: { ...rest, ...(model === undefined ? {} : { modelName: model }), ...olderThan(page) },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      ...takeOf(page),
    });
    return rows.map((row) => toRow(row).promotion);
  },

  /** One that asks for the same and is still under way. */
  findOpen: async (
    same: Pick<Promotion, 'model' | 'environment' | 'version' | 'variant' | 'expectedGeneration'>,
  ): Promise<Promotion | null> => {
    const { model: modelName, ...rest } = same;
    const row = await client.promotion.findFirst({ where: { modelName, ...rest, state: { in: OPEN } } });
    return row === null ? null : toRow(row).promotion;
  },

  create: async (
    promotion: Pick<
      Promotion,
      'id' | 'model' | 'environment' | 'version' | 'variant' | 'expectedGeneration' | 'by' | 'reason'
    > & { automatic: boolean; skipStages?: boolean },
  ): Promise<Promotion> => {
    const { model: modelName, ...rest } = promotion;
    return toRow(await client.promotion.create({ data: { modelName, ...rest } })).promotion;
  },

  advance: async (
    id: string,
    change:
      | { state: 'preparing' | 'swapped' }
      | { state: 'committed'; generation: number }
      | { state: 'failed'; error: PromotionError },
  ): Promise<Promotion> => {
    const data = change.state === 'failed' ? { state: change.state, error: toJson(change.error) } : change;
    return toRow(await client.promotion.update({ where: { id }, data })).promotion;
  },

  /** Ends those that are still under way, and answers them. */
  failOpen: async (where: { model: string; environment: string; error: PromotionError }): Promise<Promotion[]> => {
    const open = { modelName: where.model, environment: where.environment, state: { in: OPEN } };
    const rows = await client.promotion.updateManyAndReturn({
      ...{ where: open, data: { state: 'failed', error: toJson(where.error) } },
    });
    return rows.map((row) => toRow(row).promotion);
  },
});

import { bulkClassificationSchema, type BulkClassification, type BulkPatch } from '@graft/contracts';
import type { Prisma } from '../generated/prisma/client.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { isUuid, olderThan, takeOf, toJson, type Client } from './client.js';

export interface BulkFilter {
  readonly state?: BulkClassification['state'];
  readonly model?: string;
}

/** As it is asked for, once it is known which artifact answers. */
export type NewBulk = Pick<
  BulkClassification,
  'id' | 'model' | 'version' | 'variant' | 'artifactDigest' | 'source' | 'target' | 'top' | 'by'
>;

const UNDER_WAY = { in: ['requested', 'running'] satisfies BulkClassification['state'][] };

const toBulk = ({ modelName, ...row }: Prisma.BulkClassificationGetPayload<object>): BulkClassification =>
  bulkClassificationSchema.parse({
    ...row,
    model: modelName,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  });

const toColumns = (patch: BulkPatch): Prisma.BulkClassificationUpdateInput => {
  if (patch.state === 'failed') return { state: patch.state, error: toJson(patch.error) };
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
};

export const bulkClassificationRepository = (client: Client) => ({
  get: async (id: string): Promise<BulkClassification | null> => {
    const row = isUuid(id) ? await client.bulkClassification.findUnique({ where: { id } }) : null;
    return row === null ? null : toBulk(row);
  },

  /** Until the transaction ends, nobody else changes it. */
  lock: async (id: string): Promise<void> => {
    if (isUuid(id)) await client.$queryRaw`SELECT "id" FROM "bulk_classification" WHERE "id" = ${id}::uuid FOR UPDATE`;
  },

  /** The one that writes there now; null where none does. */
  underWay: async (target: string): Promise<BulkClassification | null> => {
    const row = await client.bulkClassification.findFirst({ where: { target, state: UNDER_WAY } });
    return row === null ? null : toBulk(row);
  },

  /** Whether it was made; not where another writes to the same place. */
  create: async ({ model, ...bulk }: NewBulk): Promise<boolean> => {
    const data = [{ ...bulk, modelName: model }];
    return (await client.bulkClassification.createMany({ data, skipDuplicates: true })).count === 1;
  },

  /** Newest first. */
  list: async ({ model, ...where }: BulkFilter, page: PageAsk<MomentKey>): Promise<BulkClassification[]> => {
    const rows = await client.bulkClassification.findMany({
      where: { ...where, ...(model === undefined ? {} : { modelName: model }), ...olderThan(page) },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      ...takeOf(page),
    });
    return rows.map(toBulk);
  },

  patch: async (id: string, patch: BulkPatch | { readonly state: 'cancelled' }): Promise<BulkClassification> =>
    toBulk(
      await client.bulkClassification.update({
        where: { id },
        data: patch.state === 'cancelled' ? patch : toColumns(patch),
      }),
    ),
});

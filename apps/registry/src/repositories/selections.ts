import {
  selectionRecordSchema,
  type SelectionPatch,
  type SelectionRecord,
  type SelectionRequest,
  type SelectionRun,
} from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { isUuid, olderThan, toJson, type Client } from './client.js';

export interface SelectionFilter {
  readonly state?: SelectionRecord['state'];
  readonly dataset?: string;
}

const toRecord = (row: Prisma.SelectionGetPayload<object>): SelectionRecord =>
  selectionRecordSchema.parse({
    ...row,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });

export const selectionRepository = (client: Client) => ({
  get: async (id: string): Promise<SelectionRecord | null> => {
    const row = isUuid(id) ? await client.selection.findUnique({ where: { id } }) : null;
    return row === null ? null : toRecord(row);
  },

  /** Until the transaction ends, nobody else changes it. */
  lock: async (id: string): Promise<void> => {
    if (isUuid(id)) await client.$queryRaw`SELECT "id" FROM "selection" WHERE "id" = ${id}::uuid FOR UPDATE`;
  },

  /** Newest first. */
  list: async ({ dataset, ...where }: SelectionFilter, page: PageAsk<MomentKey>): Promise<SelectionRecord[]> => {
    const rows = await client.selection.findMany({
      where: {
        ...where,
        ...(dataset === undefined ? {} : { datasetVersion: { datasetName: dataset } }),
        ...olderThan(page),
      },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: page.limit,
    });
    return rows.map(toRecord);
  },

  /** Made, or the one with this digest that is there. */
  createOrGet: async (selection: {
    id: string;
    digest: string;
    request: SelectionRequest;
    by: string;
  }): Promise<{ record: SelectionRecord; created: boolean }> => {
    const { request, ...rest } = selection;
    const data = { ...rest, request: toJson(request), datasetVersionId: request.datasetVersion };
    const { count } = await client.selection.createMany({ data: [data], skipDuplicates: true });
    const row = await client.selection.findUniqueOrThrow({ where: { digest: selection.digest } });
    return { record: toRecord(row), created: count === 1 };
  },

  advance: async (id: string, patch: SelectionPatch): Promise<SelectionRecord> => {
    const data = patch.state === 'failed' ? { state: patch.state, error: toJson(patch.error) } : patch;
    return toRecord(await client.selection.update({ where: { id }, data }));
  },

  /** One that failed, from the start. */
  restart: async (id: string, { attempt, by }: { attempt: number; by: string }): Promise<SelectionRecord> =>
    toRecord(
      await client.selection.update({
        where: { id },
        data: { state: 'requested', stage: null, runs: [], error: Prisma.DbNull, attempt, by },
      }),
    ),

  setRuns: async (id: string, runs: readonly SelectionRun[]): Promise<SelectionRecord> =>
    toRecord(await client.selection.update({ where: { id }, data: { runs: runs.map(toJson) } })),
});

/** What a dataset's row says of its watching. Times are the database's. */
import { watchStatusSchema, type NewWatchStatus, type WatchStatus } from '@graft/contracts';
import type { Client } from './client.js';

export const watchRepository = (client: Client) => ({
  pause: async (dataset: string, by: string): Promise<void> => {
    await client.$executeRaw`UPDATE "dataset" SET "paused_by" = ${by}, "paused_at" = now() WHERE "name" = ${dataset}`;
  },

  resume: async (dataset: string): Promise<void> => {
    await client.$executeRaw`UPDATE "dataset" SET "paused_by" = NULL, "paused_at" = NULL WHERE "name" = ${dataset}`;
  },

  askLook: async (dataset: string): Promise<void> => {
    await client.$executeRaw`UPDATE "dataset" SET "look_asked_at" = now() WHERE "name" = ${dataset}`;
  },

  /** Null where it was never watched. */
  get: async (dataset: string): Promise<WatchStatus | null> => {
    const row = await client.dataset.findUnique({ where: { name: dataset }, select: { watch: true } });
    return row?.watch == null ? null : watchStatusSchema.parse(row.watch);
  },

  set: async (dataset: string, status: NewWatchStatus): Promise<void> => {
    await client.$executeRaw`
      UPDATE "dataset"
      SET "watch" = ${JSON.stringify(status)}::jsonb ||
        jsonb_build_object('at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
      WHERE "name" = ${dataset}`;
  },
});

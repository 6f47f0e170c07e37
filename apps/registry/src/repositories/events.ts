import { noticeSchema, registryEventSchema, type Notice, type RegistryEvent } from '@graft/contracts';
import { toJson, type Client } from './client.js';

export const eventRepository = (client: Client) => ({
  /** The last write of a transaction: see the trigger that draws the ids. */
  append: async (
    events: readonly (Pick<RegistryEvent, 'kind' | 'subject' | 'environment'> & { readonly notice?: Notice })[],
  ): Promise<void> => {
    await client.event.createMany({
      data: events.map(({ notice, ...event }) =>
        notice === undefined ? event : { ...event, notice: toJson(noticeSchema.parse(notice)) },
      ),
    });
  },

  /** Oldest first. */
  after: async (id: number, limit: number): Promise<RegistryEvent[]> =>
    (await client.event.findMany({ where: { id: { gt: id } }, orderBy: { id: 'asc' }, take: limit })).map((row) =>
      registryEventSchema.parse({ ...row, id: Number(row.id), at: row.at.toISOString() }),
    ),

  /** 0 where there never was one. */
  latestId: async (): Promise<number> => {
    const { _max } = await client.event.aggregate({ _max: { id: true } });
    return Number(_max.id ?? 0);
  },

  /** Hints grow stale: those of more than a week ago go. */
  prune: async (): Promise<void> => {
    await client.$executeRaw`DELETE FROM "event" WHERE "at" < now() - interval '7 days'`;
  },

  ping: async (): Promise<void> => {
    await client.$queryRaw`SELECT 1 FROM "epoch"`;
  },
});

import {
  runEventSchema,
  runSchema,
  type NewRun,
  type NewRunEvent,
  type Run,
  type RunEvent,
  type RunFilter,
  type RunPatch,
  type RunState,
} from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';
import type { MomentKey } from '../rules/page.js';
import { isUuid, olderThan, toJson, type Client } from './client.js';

type RunRow = Prisma.RunGetPayload<object>;

const toRun = (row: RunRow): Run =>
  runSchema.parse({
    ...row,
    datasetVersion: row.datasetVersionId,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  });

/** A JSON column of a patch: absent stays as it is, null empties it. */
const toColumn = (
  name: string,
  value: object | null | undefined,
): Record<string, Prisma.InputJsonValue | typeof Prisma.DbNull> =>
  value === undefined ? {} : { [name]: value === null ? Prisma.DbNull : toJson(value) };

const toEvent = (row: Prisma.RunEventGetPayload<object>): RunEvent =>
  runEventSchema.parse({ ...(row.body as object), runId: row.runId, seq: row.seq, at: row.at.toISOString() });

export const runRepository = (client: Client) => ({
  get: async (id: string): Promise<Run | null> => {
    const row = isUuid(id) ? await client.run.findUnique({ where: { id } }) : null;
    return row === null ? null : toRun(row);
  },

  /** Until the transaction ends, nobody else changes it. */
  lock: async (id: string): Promise<void> => {
    if (isUuid(id)) await client.$queryRaw`SELECT "id" FROM "run" WHERE "id" = ${id}::uuid FOR UPDATE`;
  },

  /** Newest first. */
  list: async (
    { limit = 100, since, datasetVersion, ...rest }: RunFilter,
    after: MomentKey | null = null,
  ): Promise<Run[]> => {
    const where = {
      ...rest,
      ...olderThan({ after, limit }),
      ...(datasetVersion === undefined ? {} : { datasetVersionId: datasetVersion }),
      ...(since === undefined ? {} : { createdAt: { gt: new Date(since) } }),
    };
    const rows = await client.run.findMany({ where, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: limit });
    return rows.map(toRun);
  },

  /** The run of this identity, made under `id` where there was none: running, or only requested where somebody asked for it. */
  createOrGet: async (
    id: string,
    run: NewRun,
    asked?: { by: string; reason: string },
  ): Promise<{ run: Run; created: boolean }> => {
    const { datasetVersion: datasetVersionId, ...rest } = run;
    const request = asked === undefined ? {} : { state: 'requested' satisfies RunState, asked };
    const { count } = await client.run.createMany({
      data: [{ id, datasetVersionId, ...rest, ...request }],
      skipDuplicates: true,
    });
    const { pipeline, trainDigest, attempt } = run;
    const row = await client.run.findFirstOrThrow({ where: { pipeline, datasetVersionId, trainDigest, attempt } });
    return { run: toRun(row), created: count === 1 };
  },

  patch: async (id: string, { error, checkpoint, ...patch }: RunPatch): Promise<Run> => {
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    const documents = { ...toColumn('error', error), ...toColumn('checkpoint', checkpoint) };
    return toRun(await client.run.update({ where: { id }, data: { ...given, ...documents } }));
  },

  /** Numbered after those that are there; the run is then in the stage of the last. */
  appendEvents: async (id: string, events: readonly NewRunEvent[]): Promise<void> => {
    const { lastSeq } = await client.run.update({
      where: { id },
      data: { lastSeq: { increment: events.length }, stage: events[events.length - 1]?.stage ?? null },
      select: { lastSeq: true },
    });
    const first = lastSeq - events.length + 1;
    await client.runEvent.createMany({
      data: events.map((event, index) => ({ runId: id, seq: first + index, body: toJson(event) })),
    });
  },

  listEvents: async (id: string, { after, limit }: { after: number; limit: number }): Promise<RunEvent[]> =>
    (
      await client.runEvent.findMany({
        where: { runId: id, seq: { gt: after } },
        orderBy: { seq: 'asc' },
        take: limit,
      })
    ).map(toEvent),
});

import type { LiveWindow } from '@graft/contracts';
import type { Share } from '@graft/evaluation';
import type { NewFeedbackRow } from '../rules/feedback.js';
import type { PageAsk } from '../rules/page.js';
import type { Client } from './client.js';

export interface FeedbackCounts {
  readonly version: number;
  readonly counts: Readonly<Record<LiveWindow, Share>>;
}

interface CountRow {
  readonly version: number;
  readonly day: number;
  readonly dayRight: number;
  readonly week: number;
  readonly weekRight: number;
  readonly all: number;
  readonly allRight: number;
}

const toCounts = (row: CountRow): FeedbackCounts => ({
  version: row.version,
  counts: {
    day: { n: row.day, successes: row.dayRight },
    week: { n: row.week, successes: row.weekRight },
    all: { n: row.all, successes: row.allRight },
  },
});

export const feedbackRepository = (client: Client) => ({
  /** The label that counts for each of these requests; until the transaction ends, nobody else says anything of them. */
  lock: async (requestIds: readonly string[]): Promise<Map<string, string>> => {
    // In one order, so that two batches never wait for each other.
    const ids = [...new Set(requestIds)].sort();
    await client.$executeRaw`
      SELECT pg_advisory_xact_lock(hashtextextended('feedback ' || "id", 0)) FROM unnest(${ids}::text[]) WITH ORDINALITY AS "given" ("id", "at")
      ORDER BY "at"`;
    const rows = await client.feedback.findMany({
      where: { requestId: { in: ids }, supersededAt: null },
      select: { requestId: true, label: true },
    });
    return new Map(rows.map(({ requestId, label }) => [requestId, label]));
  },

  supersede: async (requestIds: readonly string[]): Promise<void> => {
    if (requestIds.length === 0) return;
    await client.$executeRaw`
      UPDATE "feedback" SET "superseded_at" = now() WHERE "request_id" = ANY(${[...requestIds]}::uuid[]) AND "superseded_at" IS NULL`;
  },

  create: async (rows: readonly NewFeedbackRow[]): Promise<void> => {
    // The database's clock.
    const [clock] = rows.every(({ counts }) => counts)
      ? []
      : await client.$queryRaw<{ now: Date }[]>`SELECT now() AS "now"`;
    await client.feedback.createMany({
      data: rows.map(({ model, counts, answeredAt, ...fields }) => ({
        ...fields,
        ...{ modelName: model, answeredAt: new Date(answeredAt), supersededAt: counts ? null : clock?.now },
      })),
    });
  },

  /** By version, the newest first. */
  accuracy: async (
    { model, environment }: { model: string; environment: string },
    { after, limit }: PageAsk<number>,
  ): Promise<FeedbackCounts[]> => {
    const rows = await client.$queryRaw<CountRow[]>`
      SELECT "version",
        (count(*) FILTER (WHERE "answered_at" > now() - interval '1 day'))::int AS "day",
        (count(*) FILTER (WHERE "answered_at" > now() - interval '1 day' AND "predicted" = "label"))::int AS "dayRight",
        (count(*) FILTER (WHERE "answered_at" > now() - interval '7 days'))::int AS "week",
        (count(*) FILTER (WHERE "answered_at" > now() - interval '7 days' AND "predicted" = "label"))::int AS "weekRight",
        count(*)::int AS "all", (count(*) FILTER (WHERE "predicted" = "label"))::int AS "allRight"
      FROM "feedback"
      WHERE "model" = ${model} AND "environment" = ${environment} AND "superseded_at" IS NULL
        AND (${after}::int IS NULL OR "version" < ${after}::int)
      GROUP BY "version" ORDER BY "version" DESC LIMIT ${limit}`;
    return rows.map(toCounts);
  },
});

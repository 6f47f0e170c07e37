import {
  collectionSchema,
  reproductionRunId,
  type Collected,
  type Collection,
  type Digest,
  type References,
} from '@graft/contracts';
import { BACKUP_LOCK } from '../db/backup-lock.js';
import { Prisma } from '../generated/prisma/client.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { isUuid, toJson, type Client } from './client.js';

/** Tables that tell of nothing that has to stay: who may ask, what went by, what is removed, and Prisma's own. */
const SAYS_NOTHING = [
  'access_token',
  'idempotency_key',
  'run_event',
  'reproduction_event',
  'event',
  'collection',
  'erasure',
  '_prisma_migrations',
];

const toCollection = ({ startedAt, finishedAt, ...row }: Prisma.CollectionGetPayload<object>): Collection =>
  collectionSchema.parse({
    ...row,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  });

export const storageRepository = (client: Client) => ({
  /** By table, whatever tables there are: one that is added later is read as well. */
  named: async (): Promise<References['named']> => {
    const tables = await client.$queryRaw<{ name: string }[]>`
      SELECT table_name::text AS name FROM information_schema.tables
      WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name`;
    const named: Record<string, Digest[]> = {};
    for (const { name } of tables.filter((table) => !SAYS_NOTHING.includes(table.name))) {
      const rows = await client.$queryRaw<{ digest: Digest }[]>`
        SELECT digest FROM digests_named(quote_ident(${name})::regclass) AS digest ORDER BY digest`;
      if (rows.length > 0) named[name] = rows.map(({ digest }) => digest);
    }
    return named;
  },

  /** The database's time, when the oldest work that isn't done began, and the runs that are under way, reproductions' own too. */
  underWay: async (): Promise<{ at: Date; since: Date | null; runs: string[] }> => {
    const [found] = await client.$queryRaw<{ at: Date; since: Date | null; runs: string[] | null }[]>`
      WITH under_way AS (
        SELECT "created_at", "id"::text AS "run" FROM "run" WHERE "state" IN ('requested', 'running', 'cancelling')
        UNION ALL SELECT "created_at", NULL FROM "ingestion" WHERE "finished_at" IS NULL
        UNION ALL SELECT "created_at", NULL FROM "selection" WHERE "state" IN ('requested', 'running')
        UNION ALL SELECT "created_at", ${reproductionRunId('')}::text || "id"::text FROM "reproduction"
          WHERE "state" IN ('requested', 'running')
        UNION ALL SELECT "created_at", NULL FROM "promotion" WHERE "state" IN ('requested', 'preparing', 'committed')
      )
      SELECT now() AS "at", min("created_at") AS "since",
        array_agg("run" ORDER BY "run") FILTER (WHERE "run" IS NOT NULL) AS "runs" FROM under_way`;
    if (found === undefined) throw new Error('an aggregate has one row');
    return { ...found, runs: found.runs ?? [] };
  },

  /** Of each enabled pipeline: what its newest version was made with, and the embedders that it keeps. Digests of either kind. */
  liveEmbedders: async (): Promise<Digest[]> => {
    const rows = await client.$queryRaw<{ digest: Digest }[]>`
      WITH latest AS (SELECT DISTINCT ON ("name") "name", "enabled" FROM "pipeline_version" ORDER BY "name", "number" DESC),
        live AS (SELECT "name" FROM latest WHERE "enabled")
      SELECT DISTINCT "digest" FROM (
        SELECT "embedder" AS "digest" FROM "pipeline_embedder" WHERE "pipeline" IN (SELECT "name" FROM live)
        UNION ALL
        SELECT newest."digest" FROM live CROSS JOIN LATERAL (
          SELECT v."document" #>> '{lineage,embedder,onnxDigest}' AS "digest" FROM "model_version" v
          JOIN "run" r ON r."id" = v."run_id" WHERE r."pipeline" = live."name" ORDER BY v."created_at" DESC LIMIT 1
        ) newest
      ) found WHERE "digest" IS NOT NULL ORDER BY "digest"`;
    return rows.map(({ digest }) => digest);
  },

  /** Whether objects may be removed: until this transaction ends, no backup begins. */
  lockObjects: async (): Promise<boolean> => {
    const [found] = await client.$queryRaw<{ free: boolean }[]>`
      SELECT pg_try_advisory_xact_lock_shared(${Prisma.raw(BACKUP_LOCK)}) AS "free"`;
    return found?.free === true;
  },

  openCollection: async (collection: Pick<Collection, 'by' | 'olderThanSeconds' | 'forced'>): Promise<Collection> =>
    toCollection(await client.collection.create({ data: collection })),

  getCollection: async (id: string): Promise<Collection | null> => {
    const row = isUuid(id) ? await client.collection.findUnique({ where: { id } }) : null;
    return row === null ? null : toCollection(row);
  },

  /** Null where it has ended already. */
  closeCollection: async (id: string, removed: Collected): Promise<Collection | null> => {
    const [row] = await client.collection.updateManyAndReturn({
      where: { id, finishedAt: null },
      data: { removed: toJson(removed) },
    });
    return row === undefined ? null : toCollection(row);
  },

  /** Newest first. */
  listCollections: async ({ after, limit }: PageAsk<MomentKey>): Promise<Collection[]> => {
    const at = after === null ? null : new Date(after.at);
    const where =
      at === null || after === null ? {} : { OR: [{ startedAt: { lt: at } }, { startedAt: at, id: { lt: after.id } }] };
    const rows = await client.collection.findMany({
      where,
      orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
      take: limit,
    });
    return rows.map(toCollection);
  },
});

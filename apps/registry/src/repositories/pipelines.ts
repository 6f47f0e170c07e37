import { pipelineVersionSchema, type Digest, type Pipeline, type PipelineVersion } from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';
import type { PageAsk } from '../rules/page.js';
import { toJson, type Client } from './client.js';

const { sql } = Prisma;

const toVersion = ({
  dataset: _dataset,
  createdAt,
  ...row
}: Prisma.PipelineVersionGetPayload<object>): PipelineVersion =>
  pipelineVersionSchema.parse({ ...row, createdAt: createdAt.toISOString() });

export const pipelineRepository = (client: Client) => ({
  /** The version with this number, or the latest. */
  get: async (name: string, number?: number): Promise<PipelineVersion | null> => {
    const row = await client.pipelineVersion.findFirst({
      where: { name, ...(number === undefined ? {} : { number }) },
      orderBy: { number: 'desc' },
    });
    return row === null ? null : toVersion(row);
  },

  /** The newest version whose content is this. */
  byDigest: async (name: string, digest: string): Promise<PipelineVersion | null> => {
    const row = await client.pipelineVersion.findFirst({ where: { name, digest }, orderBy: { number: 'desc' } });
    return row === null ? null : toVersion(row);
  },

  names: async (): Promise<string[]> =>
    (
      await client.pipelineVersion.findMany({ distinct: ['name'], select: { name: true }, orderBy: { name: 'asc' } })
    ).map(({ name }) => name),

  /** By name, the latest version of each pipeline; then those that subscribe to the dataset, where one is named. */
  listLatest: async (
    { dataset }: { dataset?: string | undefined },
    page?: PageAsk<string>,
  ): Promise<PipelineVersion[]> => {
    const after = page?.after == null ? sql`true` : sql`"name" > ${page.after}`;
    const rows = await client.$queryRaw<Prisma.PipelineVersionGetPayload<object>[]>`
      SELECT * FROM (
        SELECT DISTINCT ON ("name") "name", "number", "digest", "dataset", "pipeline", "yaml", "enabled", "created_at" AS "createdAt"
        FROM "pipeline_version" WHERE ${after} ORDER BY "name", "number" DESC) latest
      WHERE ${dataset === undefined ? sql`true` : sql`"dataset" = ${dataset}`}
      ORDER BY "name" ${page === undefined ? sql`` : sql`LIMIT ${page.limit}`}`;
    return rows.map(toVersion);
  },

  /** Until the transaction ends, nobody else applies a pipeline of this name. */
  lock: async (name: string): Promise<void> => {
    await client.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('pipeline:' || ${name}, 0))`;
  },

  create: async (version: {
    pipeline: Pipeline;
    number: number;
    digest: string;
    yaml: string;
    enabled: boolean;
  }): Promise<PipelineVersion> =>
    toVersion(
      await client.pipelineVersion.create({
        data: {
          name: version.pipeline.name,
          number: version.number,
          digest: version.digest,
          dataset: version.pipeline.data.dataset,
          pipeline: toJson(version.pipeline),
          yaml: version.yaml,
          enabled: version.enabled,
        },
      }),
    ),

  setEnabled: async (name: string, number: number, enabled: boolean): Promise<PipelineVersion> =>
    toVersion(await client.pipelineVersion.update({ where: { name_number: { name, number } }, data: { enabled } })),

  findEmbedder: async (pipeline: string, identity: string): Promise<Digest | null> =>
    (await client.pipelineEmbedder.findUnique({ where: { pipeline_identity: { pipeline, identity } } }))?.embedder ??
    null,

  /** Keeps it, unless one is kept already. Answers the one that is kept: rows stay as they were written. */
  keepEmbedder: async (pipeline: string, identity: string, embedder: Digest): Promise<Digest> => {
    await client.pipelineEmbedder.createMany({ data: [{ pipeline, identity, embedder }], skipDuplicates: true });
    const where = { pipeline_identity: { pipeline, identity } };
    return (await client.pipelineEmbedder.findUniqueOrThrow({ where })).embedder;
  },
});

import {
  datasetSchema,
  datasetVersionSchema,
  type Dataset,
  type DatasetPolicy,
  type DatasetVersion,
  type NewDatasetVersion,
} from '@graft/contracts';
import type { Prisma } from '../generated/prisma/client.js';
import type { PageAsk } from '../rules/page.js';
import { toJson, type Client } from './client.js';

const withLatest = {
  versions: { orderBy: { number: 'desc' }, take: 1, select: { id: true } },
  _count: { select: { corrections: true } },
} as const satisfies Prisma.DatasetInclude;
type DatasetRow = Prisma.DatasetGetPayload<{ include: typeof withLatest }>;
type VersionRow = Prisma.DatasetVersionGetPayload<object>;

const toDataset = (row: DatasetRow): Dataset =>
  datasetSchema.parse({
    name: row.name,
    policy: row.policy,
    createdAt: row.createdAt.toISOString(),
    latestVersion: row.versions[0]?.id ?? null,
    paused:
      row.pausedAt === null || row.pausedBy === null ? null : { by: row.pausedBy, at: row.pausedAt.toISOString() },
    corrections: row._count.corrections,
    lookAskedAt: row.lookAskedAt?.toISOString() ?? null,
  });

const toVersion = (row: VersionRow): DatasetVersion =>
  datasetVersionSchema.parse({
    ...(row.document as object),
    number: row.number,
    createdAt: row.createdAt.toISOString(),
  });

export const datasetRepository = (client: Client) => ({
  get: async (name: string): Promise<Dataset | null> => {
    const row = await client.dataset.findUnique({ where: { name }, include: withLatest });
    return row === null ? null : toDataset(row);
  },

  /** By name. */
  list: async ({ after, limit }: PageAsk<string>): Promise<Dataset[]> =>
    (
      await client.dataset.findMany({
        where: after === null ? {} : { name: { gt: after } },
        include: withLatest,
        orderBy: { name: 'asc' },
        take: limit,
      })
    ).map(toDataset),

  names: async (): Promise<string[]> =>
    (await client.dataset.findMany({ select: { name: true }, orderBy: { name: 'asc' } })).map(({ name }) => name),

  /** Makes it where it is missing. */
  ensure: async (name: string, policy: DatasetPolicy): Promise<void> => {
    await client.dataset.createMany({ data: [{ name, policy: toJson(policy) }], skipDuplicates: true });
  },

  setPolicy: async (name: string, policy: DatasetPolicy): Promise<void> => {
    await client.dataset.update({ where: { name }, data: { policy: toJson(policy) } });
  },

  /** Until the transaction ends, nobody else makes a version of it. */
  lock: async (name: string): Promise<void> => {
    await client.$queryRaw`SELECT "name" FROM "dataset" WHERE "name" = ${name} FOR UPDATE`;
  },

  latestVersion: async (dataset: string): Promise<DatasetVersion | null> => {
    const row = await client.datasetVersion.findFirst({ where: { datasetName: dataset }, orderBy: { number: 'desc' } });
    return row === null ? null : toVersion(row);
  },

  getVersion: async (id: string): Promise<DatasetVersion | null> => {
    const row = await client.datasetVersion.findUnique({ where: { id } });
    return row === null ? null : toVersion(row);
  },

  /** Newest first; `after` is a version's number. */
  listVersions: async (dataset: string, { after, limit }: PageAsk<number>): Promise<DatasetVersion[]> =>
    (
      await client.datasetVersion.findMany({
        where: { datasetName: dataset, ...(after === null ? {} : { number: { lt: after } }) },
        orderBy: { number: 'desc' },
        take: limit,
      })
    ).map(toVersion),

  createVersion: async (version: NewDatasetVersion, number: number): Promise<DatasetVersion> =>
    toVersion(
      await client.datasetVersion.create({
        data: { id: version.id, datasetName: version.dataset, number, document: toJson(version) },
      }),
    ),
});

import {
  isAdopted,
  modelVersionSchema,
  newAdoptionSchema,
  newModelVersionSchema,
  type ModelVersion,
  type NewModelVersion,
  type VersionState,
} from '@graft/contracts';
import type { z } from 'zod';
import type { Prisma } from '../generated/prisma/client.js';
import type { PageAsk } from '../rules/page.js';
import { isUuid, toJson, type Client } from './client.js';

export interface ModelRow {
  readonly name: string;
  /** What it is by, whatever it is called: a UUID. */
  readonly id: string;
  /** The last number that was given out, to a version of ours or to an external one; 0 where there is none. */
  readonly latestVersion: number;
  readonly autoPromoteSuspended: boolean;
  readonly createdAt: Date;
  /** When a client of the catalogue deleted it. */
  readonly hiddenAt: Date | null;
}

const toVersion = (row: Prisma.ModelVersionGetPayload<object>): ModelVersion =>
  modelVersionSchema.parse({
    ...(row.runId === null ? newAdoptionSchema : newModelVersionSchema).parse(row.document),
    model: row.modelName,
    version: row.version,
    state: row.state,
    createdAt: row.createdAt.toISOString(),
  });

type StoredVersion = NewModelVersion | z.output<typeof newAdoptionSchema>;

interface InsertedVersion {
  readonly number: number;
  readonly state: VersionState;
  readonly version: StoredVersion;
  /** Null: no run made it. */
  readonly runId: string | null;
}

const inserting =
  (client: Client) =>
  async (model: string, { number, state, version, runId }: InsertedVersion): Promise<ModelVersion> => {
    const { reportDigest } = version;
    return toVersion(
      await client.modelVersion.create({
        data: { modelName: model, version: number, runId, state, reportDigest, document: toJson(version) },
      }),
    );
  };

export const modelRepository = (client: Client) => ({
  get: async (name: string): Promise<ModelRow | null> => client.model.findUnique({ where: { name, hiddenAt: null } }),

  /** By name. */
  list: async ({ after, limit }: PageAsk<string>): Promise<ModelRow[]> =>
    client.model.findMany({
      where: { hiddenAt: null, ...(after === null ? {} : { name: { gt: after } }) },
      orderBy: { name: 'asc' },
      take: limit,
    }),

  names: async (): Promise<string[]> =>
    (await client.model.findMany({ where: { hiddenAt: null }, select: { name: true }, orderBy: { name: 'asc' } })).map(
      ({ name }) => name,
    ),

  ensure: async (name: string): Promise<void> => {
    await client.model.createMany({ data: [{ name }], skipDuplicates: true });
  },

  /** The model as it is now; until the transaction ends, nobody else registers, decides or withdraws a version of it. */
  lock: async (name: string): Promise<ModelRow | null> => {
    const [row] = await client.$queryRaw<ModelRow[]>`
      SELECT /* prepared */ "name", "id", "latest_version" AS "latestVersion", "auto_promote_suspended" AS "autoPromoteSuspended",
        "created_at" AS "createdAt", "hidden_at" AS "hiddenAt" FROM "model" WHERE "name" = ${name} FOR UPDATE`;
    return row ?? null;
  },

  /** The foreign keys take along all that refers to it. */
  rename: async (name: string, to: string): Promise<void> => {
    await client.$executeRaw`UPDATE "model" SET "name" = ${to}, "updated_at" = now() WHERE "name" = ${name}`;
    await client.$executeRaw`UPDATE "version_entry" SET "updated_at" = now() WHERE "model" = ${to}`;
  },

  suspendAutoPromote: async (name: string, suspended: boolean): Promise<void> => {
    await client.model.update({ where: { name }, data: { autoPromoteSuspended: suspended } });
  },

  getVersion: async (model: string, version: number): Promise<ModelVersion | null> => {
    const row = await client.modelVersion.findUnique({
      where: { modelName_version: { modelName: model, version } },
    });
    return row === null ? null : toVersion(row);
  },

  /** The newest version of each of these models that has one. */
  latestVersions: async (models: readonly string[]): Promise<ModelVersion[]> =>
    (
      await client.modelVersion.findMany({
        where: { modelName: { in: [...models] } },
        distinct: ['modelName'],
        orderBy: [{ modelName: 'asc' }, { version: 'desc' }],
      })
    ).map(toVersion),

  versionOfRun: async (runId: string): Promise<ModelVersion | null> => {
    const row = isUuid(runId) ? await client.modelVersion.findUnique({ where: { runId } }) : null;
    return row === null ? null : toVersion(row);
  },

  /** Newest first. */
  listVersions: async (model: string, { after, limit }: PageAsk<number>): Promise<ModelVersion[]> =>
    (
      await client.modelVersion.findMany({
        where: { modelName: model, ...(after === null ? {} : { version: { lt: after } }) },
        orderBy: { version: 'desc' },
        take: limit,
      })
    ).map(toVersion),

  findVersions: async (keys: readonly { model: string; version: number }[]): Promise<ModelVersion[]> => {
    if (keys.length === 0) return [];
    const where = { OR: keys.map(({ model, version }) => ({ modelName: model, version })) };
    return (await client.modelVersion.findMany({ where })).map(toVersion);
  },

  createVersion: async (
    model: string,
    { number, state, version, source }: { number: number; state: VersionState; version: StoredVersion; source: string },
  ): Promise<ModelVersion> => {
    await client.$executeRaw`UPDATE "model" SET "latest_version" = ${number}, "updated_at" = now() WHERE "name" = ${model}`;
    const runId = isAdopted(version.lineage) ? null : version.lineage.runId;
    await client.versionEntry.create({ data: { modelName: model, version: number, kind: 'graft', source, runId } });
    return inserting(client)(model, { number, state, version, runId });
  },

  /** An external version becomes one that is kept here, under its number. */
  adoptEntry: async (
    model: string,
    { number, state, version, source }: { number: number; state: VersionState; version: StoredVersion; source: string },
  ): Promise<ModelVersion> => {
    await client.$executeRaw`
      UPDATE "version_entry" SET "kind" = 'graft', "source" = ${source}, "location" = NULL, "updated_at" = now()
      WHERE "model" = ${model} AND "version" = ${number} AND "kind" = 'external'`;
    return inserting(client)(model, { number, state, version, runId: null });
  },

  /** Those that no run made. */
  listAdopted: async (model: string): Promise<ModelVersion[]> =>
    (await client.modelVersion.findMany({ where: { modelName: model, runId: null } })).map(toVersion),

  /** The external version of this number; null where there is none, or it was deleted. */
  getExternal: async (model: string, version: number): Promise<{ source: string } | null> =>
    client.versionEntry.findUnique({
      where: { modelName_version: { modelName: model, version }, kind: 'external', hiddenAt: null },
      select: { source: true },
    }),

  setState: async (model: string, version: number, state: VersionState): Promise<ModelVersion> =>
    toVersion(
      await client.modelVersion.update({
        where: { modelName_version: { modelName: model, version } },
        data: { state },
      }),
    ),

  /**
   * Takes back a version that served: it has to be approved anew, and nothing is promoted by itself until a person does. In one statement:
   * whoever waits for a rollback waits for it.
   */
  withdraw: async (model: string, version: number): Promise<void> => {
    await client.$executeRaw`
      WITH withdrawn AS (UPDATE "model_version" SET "state" = 'withdrawn' WHERE "model" = ${model} AND "version" = ${version}),
        anew AS (UPDATE "review" SET "round" = "round" + 1 WHERE "model" = ${model} AND "version" = ${version})
      UPDATE "model" SET "auto_promote_suspended" = true, "updated_at" = now() WHERE "name" = ${model}`;
  },

  /** Of versions that are kept here, by number. */
  statesOf: async (model: string, versions: readonly number[]): Promise<ReadonlyMap<number, VersionState>> => {
    const rows = await client.$queryRaw<{ version: number; state: VersionState }[]>`
      SELECT /* prepared */ "version", "state" FROM "model_version" WHERE "model" = ${model} AND "version" = ANY(${[...versions]}::int[])`;
    return new Map(rows.map(({ version, state }) => [version, state]));
  },

  /** Whether it was registered as one that its gate, or its pipeline's policy, blocks. */
  wasBlocked: async (model: string, version: number): Promise<boolean> => {
    const row = await client.modelVersion.findUnique({ where: { modelName_version: { modelName: model, version } } });
    const document = newModelVersionSchema.safeParse(row?.document).data;
    return document !== undefined && (document.blocked || document.gateVerdict === 'fail');
  },

  /** The newest version in one of these states; null where there is none. */
  newestIn: async (model: string, states: readonly VersionState[]): Promise<number | null> =>
    (
      await client.modelVersion.findFirst({
        where: { modelName: model, state: { in: [...states] } },
        orderBy: { version: 'desc' },
        select: { version: true },
      })
    )?.version ?? null,

  /** Answers the numbers of the versions that it superseded. */
  supersede: async (model: string, before: number, states: readonly VersionState[]): Promise<number[]> => {
    const where = { modelName: model, version: { lt: before }, state: { in: [...states] } };
    const rows = await client.modelVersion.findMany({ where, select: { version: true } });
    await client.modelVersion.updateMany({ where, data: { state: 'superseded' } });
    return rows.map(({ version }) => version);
  },
});

/** Models and versions as other clients of the registry see them: what people may change, and what the registry adds to it. */
import { Prisma } from '../generated/prisma/client.js';
import { DEFAULT_ENVIRONMENT } from '../rules/default-environment.js';
import type { Condition } from '../rules/mlflow-filter.js';
import type { ModelOrderKey, Order, VersionOrderKey } from '../rules/mlflow-order.js';
import type { Client } from './client.js';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface CatalogueVersion {
  readonly model: string;
  readonly version: number;
  readonly kind: 'graft' | 'external';
  /** As its maker says; of ours, `sha256:` and the digest of the artifact that it prefers. */
  readonly source: string;
  /** Where the bytes are, where that is another place than the source. */
  readonly location: string | null;
  readonly runId: string | null;
  readonly runLink: string | null;
  readonly description: string | null;
  readonly stage: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** By key; those of the registry first. */
  readonly tags: readonly Tag[];
}

export interface CatalogueModel {
  readonly name: string;
  readonly description: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly tags: readonly Tag[];
  /** By name; `champion` among them, where production serves something. */
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
}

export interface Page<K extends string> {
  readonly conditions: readonly Condition[];
  readonly prompts: boolean;
  readonly order: readonly Order<K>[];
  readonly offset: number;
  readonly limit: number;
}

export interface NewExternalVersion {
  readonly source: string;
  readonly location: string | null;
  readonly runId: string;
  readonly runLink: string;
  readonly description: string;
  readonly tags: readonly Tag[];
}

const { sql, join, empty } = Prisma;

/** Tags that are read off a version of ours. */
const COMPUTED: Readonly<Record<string, Prisma.Sql>> = {
  'graft.accuracy': sql`v."document" -> 'accuracy' ->> 'value'`,
  'graft.gate': sql`v."document" ->> 'gateVerdict'`,
  'graft.state': sql`v."state"`,
  'graft.variant': sql`coalesce(v."document" ->> 'variant', 'fp32')`,
};

const computedTags = join(
  Object.entries(COMPUTED).map(([key, value]) => sql`json_build_object('key', ${key}::text, 'value', ${value})`),
);

const versionColumns = sql`
  e."model", e."version", e."kind", e."source", e."location", e."run_id" AS "runId", e."run_link" AS "runLink", e."description",
  e."stage", e."created_at" AS "createdAt", e."updated_at" AS "updatedAt",
  (SELECT json_build_array(${computedTags}) FROM "model_version" v WHERE v."model" = e."model" AND v."version" = e."version") AS "computed",
  (SELECT json_agg(json_build_object('key', t."key", 'value', t."value") ORDER BY t."key") FROM "version_tag" t
    WHERE t."model" = e."model" AND t."version" = e."version") AS "tags"`;

const modelColumns = sql`
  m."name", m."description", m."created_at" AS "createdAt", m."updated_at" AS "updatedAt",
  (SELECT json_agg(json_build_object('key', t."key", 'value', t."value") ORDER BY t."key") FROM "model_tag" t
    WHERE t."model" = m."name") AS "tags",
  (SELECT json_agg(json_build_object('alias', a."alias", 'version', a."version") ORDER BY a."alias") FROM (
    SELECT "alias", "version" FROM "model_alias" WHERE "model" = m."name"
    UNION ALL
    SELECT 'champion', "version" FROM "deployment" WHERE "model" = m."name" AND "environment" = ${DEFAULT_ENVIRONMENT}) a) AS "aliases"`;

type VersionRow = Omit<CatalogueVersion, 'tags'> & { tags: Tag[] | null; computed: Tag[] | null };
const toVersion = ({ computed, tags, ...row }: VersionRow): CatalogueVersion => ({
  ...row,
  tags: [...(computed ?? []), ...(tags ?? [])],
});
type ModelRow = Omit<CatalogueModel, 'tags' | 'aliases'> & {
  tags: Tag[] | null;
  aliases: { alias: string; version: number }[] | null;
};
const toModel = ({ tags, aliases, ...row }: ModelRow): CatalogueModel => ({
  ...row,
  tags: tags ?? [],
  aliases: aliases ?? [],
});

/** One comparison. In LIKE no character escapes another, as in MLflow's own database. */
const compare = (left: Prisma.Sql, { comparator, value: asked }: Condition): Prisma.Sql => {
  if (typeof asked === 'object') {
    const list = join([...asked]);
    return comparator === 'IN' ? sql`${left} IN (${list})` : sql`${left} NOT IN (${list})`;
  }
  const value = typeof asked === 'bigint' ? sql`${asked}::bigint` : asked;
  switch (comparator) {
    case '=':
      return sql`${left} = ${value}`;
    case '!=':
      return sql`${left} <> ${value}`;
    case '>':
      return sql`${left} > ${value}`;
    case '>=':
      return sql`${left} >= ${value}`;
    case '<':
      return sql`${left} < ${value}`;
    case '<=':
      return sql`${left} <= ${value}`;
    case 'LIKE':
      return sql`${left} LIKE ${value} ESCAPE ''`;
    default:
      return sql`${left} ILIKE ${value} ESCAPE ''`;
  }
};

/** Where a version's bytes are, as it is told to clients. */
const shownSource = (prefix: string): Prisma.Sql =>
  sql`CASE e."kind" WHEN 'graft' THEN ${prefix}::text || 'sha256/' || substr(e."source", 8, 2) || '/' || substr(e."source", 8) ELSE e."source" END`;

const attributes = (prefix: string): Readonly<Record<string, Prisma.Sql>> => ({
  name: sql`e."model"`,
  version_number: sql`e."version"`,
  run_id: sql`e."run_id"`,
  source_path: shownSource(prefix),
});

const grouped = (conditions: readonly Condition[]): [string, Condition[]][] => {
  const byKey = new Map<string, Condition[]>();
  for (const one of conditions) byKey.set(one.key, [...(byKey.get(one.key) ?? []), one]);
  return [...byKey];
};

/** All of them, of one thing. */
const allHold = (left: Prisma.Sql, conditions: readonly Condition[]): Prisma.Sql =>
  join(
    conditions.map((one) => compare(left, one)),
    ' AND ',
  );

/** Conditions on one key hold for one tag; a version without it fulfils none. */
const versionTag = ([key, conditions]: [string, Condition[]]): Prisma.Sql => {
  const computed = COMPUTED[key];
  if (computed !== undefined) {
    const all = allHold(sql`(${computed})`, conditions);
    return sql`EXISTS (SELECT 1 FROM "model_version" v WHERE v."model" = e."model" AND v."version" = e."version" AND ${all})`;
  }
  const all = allHold(sql`t."value"`, conditions);
  return sql`EXISTS (SELECT 1 FROM "version_tag" t WHERE t."model" = e."model" AND t."version" = e."version" AND t."key" = ${key} AND ${all})`;
};

const modelTag = ([key, conditions]: [string, Condition[]]): Prisma.Sql => {
  const all = allHold(sql`t."value"`, conditions);
  return sql`EXISTS (SELECT 1 FROM "model_tag" t WHERE t."model" = m."name" AND t."key" = ${key} AND ${all})`;
};

const orderBy = <K extends string>(order: readonly Order<K>[], columns: Readonly<Record<K, Prisma.Sql>>): Prisma.Sql =>
  join(order.map(({ key, ascending }) => sql`${columns[key]} ${ascending ? sql`ASC` : sql`DESC`}`));

const MODEL_ORDER: Readonly<Record<ModelOrderKey, Prisma.Sql>> = { name: sql`m."name"`, updated: sql`m."updated_at"` };
const VERSION_ORDER: Readonly<Record<VersionOrderKey, Prisma.Sql>> = {
  name: sql`e."model"`,
  version: sql`e."version"`,
  created: sql`e."created_at"`,
  updated: sql`e."updated_at"`,
};

/** Models and versions that are hidden are in none of the answers. */
export const catalogueRepository = (client: Client) => ({
  /** False where there is a model of this name. */
  createModel: async (
    name: string,
    { description, tags }: { description: string; tags: readonly Tag[] },
  ): Promise<boolean> => {
    const { count } = await client.model.createMany({ data: [{ name, description }], skipDuplicates: true });
    if (count === 0) return false;
    await client.modelTag.createMany({ data: tags.map((tag) => ({ modelName: name, ...tag })) });
    return true;
  },

  getModel: async (name: string): Promise<CatalogueModel | null> => {
    const rows = await client.$queryRaw<ModelRow[]>(
      sql`SELECT ${modelColumns} FROM "model" m WHERE m."name" = ${name} AND m."hidden_at" IS NULL`,
    );
    return rows.map(toModel)[0] ?? null;
  },

  searchModels: async ({
    conditions,
    prompts,
    order,
    offset,
    limit,
  }: Page<ModelOrderKey>): Promise<CatalogueModel[]> => {
    const where = [
      sql`m."hidden_at" IS NULL`,
      ...conditions.filter(({ type }) => type === 'attribute').map((one) => compare(sql`m."name"`, one)),
      ...grouped(conditions.filter(({ type }) => type === 'tag')).map(modelTag),
      ...(prompts
        ? []
        : [
            sql`m."name" NOT IN (SELECT t."model" FROM "model_tag" t WHERE t."key" = 'mlflow.prompt.is_prompt' AND t."value" = 'true')`,
          ]),
    ];
    const by = orderBy(order, MODEL_ORDER);
    const rows = await client.$queryRaw<ModelRow[]>(
      sql`SELECT ${modelColumns} FROM (
        SELECT * FROM "model" m WHERE ${join(where, ' AND ')} ORDER BY ${by} LIMIT ${limit} OFFSET ${offset}) m ORDER BY ${by}`,
    );
    return rows.map(toModel);
  },

  /** Of each model the newest version in each stage; by the first version in a stage. */
  latestByStage: async (models: readonly string[]): Promise<CatalogueVersion[]> => {
    if (models.length === 0) return [];
    const rows = await client.$queryRaw<VersionRow[]>(sql`
      SELECT ${versionColumns} FROM (
        SELECT "model", "stage", max("version") AS "version", min("version") AS "first" FROM "version_entry"
        WHERE "model" IN (${join([...models])}) AND "hidden_at" IS NULL GROUP BY "model", "stage") l
      JOIN "version_entry" e ON e."model" = l."model" AND e."version" = l."version"
      ORDER BY e."model", l."first"`);
    return rows.map(toVersion);
  },

  getVersion: async (model: string, version: number): Promise<CatalogueVersion | null> => {
    const rows = await client.$queryRaw<VersionRow[]>(
      sql`SELECT ${versionColumns} FROM "version_entry" e WHERE e."model" = ${model} AND e."version" = ${version} AND e."hidden_at" IS NULL`,
    );
    return rows.map(toVersion)[0] ?? null;
  },

  /** @param sourcePrefix what the sources of our own versions begin with, as they are told */
  searchVersions: async (
    { conditions, prompts, order, offset, limit }: Page<VersionOrderKey>,
    sourcePrefix: string,
  ): Promise<CatalogueVersion[]> => {
    const columns = attributes(sourcePrefix);
    const where = [
      sql`e."hidden_at" IS NULL`,
      ...conditions.filter(({ type }) => type === 'attribute').map((one) => compare(columns[one.key] ?? empty, one)),
      ...grouped(conditions.filter(({ type }) => type === 'tag')).map(versionTag),
      ...(prompts
        ? []
        : [
            sql`e."model" NOT IN (SELECT t."model" FROM "version_tag" t WHERE t."key" = 'mlflow.prompt.is_prompt' AND t."value" = 'true')`,
          ]),
    ];
    const by = orderBy(order, VERSION_ORDER);
    const rows = await client.$queryRaw<VersionRow[]>(
      // The page first: what is told beside the rows is read for its rows alone.
      sql`SELECT ${versionColumns} FROM (
        SELECT * FROM "version_entry" e WHERE ${join(where, ' AND ')} ORDER BY ${by} LIMIT ${limit} OFFSET ${offset}) e ORDER BY ${by}`,
    );
    return rows.map(toVersion);
  },

  /** Takes the next number of the model, which has to be locked. */
  createVersion: async (model: string, version: NewExternalVersion): Promise<number> => {
    const [row] = await client.$queryRaw<{ number: number }[]>(
      sql`UPDATE "model" SET "latest_version" = "latest_version" + 1, "updated_at" = now() WHERE "name" = ${model} RETURNING "latest_version" AS "number"`,
    );
    const number = row?.number ?? 1;
    const { tags, ...entry } = version;
    await client.versionEntry.create({ data: { modelName: model, version: number, kind: 'external', ...entry } });
    await client.versionTag.createMany({ data: tags.map((tag) => ({ modelName: model, version: number, ...tag })) });
    return number;
  },

  describeModel: async (name: string, description: string): Promise<void> => {
    await client.$executeRaw(
      sql`UPDATE "model" SET "description" = ${description}, "updated_at" = now() WHERE "name" = ${name}`,
    );
  },
  describeVersion: async (model: string, version: number, description: string | null): Promise<void> => {
    await client.$executeRaw(
      sql`UPDATE "version_entry" SET "description" = ${description}, "updated_at" = now() WHERE "model" = ${model} AND "version" = ${version}`,
    );
  },
  touchModel: async (name: string): Promise<void> => {
    await client.$executeRaw(sql`UPDATE "model" SET "updated_at" = now() WHERE "name" = ${name}`);
  },

  setStage: async (model: string, version: number, stage: string): Promise<void> => {
    await client.$executeRaw(
      sql`UPDATE "version_entry" SET "stage" = ${stage}, "updated_at" = now() WHERE "model" = ${model} AND "version" = ${version}`,
    );
  },
  /** Of all others that are in this stage. */
  archiveOthers: async (model: string, version: number, stage: string): Promise<void> => {
    await client.$executeRaw(
      sql`UPDATE "version_entry" SET "stage" = 'Archived', "updated_at" = now()
        WHERE "model" = ${model} AND "version" <> ${version} AND "stage" = ${stage} AND "hidden_at" IS NULL`,
    );
  },

  setModelTag: async (model: string, { key, value }: Tag): Promise<void> => {
    const where = { modelName_key: { modelName: model, key } };
    await client.modelTag.upsert({ where, create: { modelName: model, key, value }, update: { value } });
  },
  deleteModelTag: async (model: string, key: string): Promise<void> => {
    await client.modelTag.deleteMany({ where: { modelName: model, key } });
  },
  setVersionTag: async (model: string, version: number, { key, value }: Tag): Promise<void> => {
    const where = { modelName_version_key: { modelName: model, version, key } };
    await client.versionTag.upsert({ where, create: { modelName: model, version, key, value }, update: { value } });
  },
  deleteVersionTag: async (model: string, version: number, key: string): Promise<void> => {
    await client.versionTag.deleteMany({ where: { modelName: model, version, key } });
  },
  setAlias: async (model: string, alias: string, version: number): Promise<void> => {
    const where = { modelName_alias: { modelName: model, alias } };
    await client.modelAlias.upsert({ where, create: { modelName: model, alias, version }, update: { version } });
  },
  deleteAlias: async (model: string, alias: string): Promise<void> => {
    await client.modelAlias.deleteMany({ where: { modelName: model, alias } });
  },

  /** Whether the ledger, or a promotion that may still reach it, names the model (or this version of it). */
  isInLedger: async (model: string, version?: number): Promise<boolean> => {
    const ofVersion = version === undefined ? {} : { version };
    const row = await client.ledger.findFirst({ where: { model, ...ofVersion }, select: { generation: true } });
    if (row !== null) return true;
    const states = ['requested', 'preparing', 'committed'];
    const promotion = await client.promotion.findFirst({
      where: { modelName: model, ...ofVersion, state: { in: states } },
      select: { id: true },
    });
    return promotion !== null;
  },

  /** Whether a version of it was made here. */
  hasOwnVersions: async (model: string): Promise<boolean> =>
    (await client.modelVersion.findFirst({ where: { modelName: model }, select: { version: true } })) !== null,

  /** Where its versions are meant to be served. */
  environments: async (model: string): Promise<string[]> =>
    (
      await client.review.findMany({
        where: { modelName: model },
        distinct: ['environment'],
        select: { environment: true },
      })
    ).map(({ environment }) => environment),

  hideVersion: async (model: string, version: number): Promise<void> => {
    await client.modelAlias.deleteMany({ where: { modelName: model, version } });
    await client.versionTag.deleteMany({ where: { modelName: model, version } });
    await client.$executeRaw(
      sql`UPDATE "version_entry" SET "hidden_at" = now(), "updated_at" = now() WHERE "model" = ${model} AND "version" = ${version}`,
    );
  },

  /** Its versions go out of sight with it, under a name of their own; the old name is free. */
  hideModel: async (name: string, to: string): Promise<void> => {
    await client.$executeRaw(
      sql`UPDATE "version_entry" SET "hidden_at" = now() WHERE "model" = ${name} AND "hidden_at" IS NULL`,
    );
    await client.$executeRaw(
      sql`UPDATE "model" SET "name" = ${to}, "hidden_at" = now(), "updated_at" = now() WHERE "name" = ${name}`,
    );
  },
});

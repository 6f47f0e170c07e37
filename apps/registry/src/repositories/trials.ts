import {
  trialPolicySchema,
  trialReportSchema,
  trialSchema,
  type LedgerTrial,
  type Trial,
  type TrialPolicy,
  type TrialReport,
  type TrialState,
  type Tally,
} from '@graft/contracts';
import type { Prisma } from '../generated/prisma/client.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { evidenceOf, NEW_TESTS, NOTHING_COUNTED, type TrialSums, type TrialTests } from '../rules/trial-watch.js';
import { isUuid, olderThan, takeOf, toJson, type Client } from './client.js';

/** A trial with what its watch works on. */
export interface TrialRow {
  readonly trial: Trial;
  readonly tests: TrialTests;
  readonly seen: TrialSums;
  /** By the database's clock. */
  readonly stepAgeSeconds: number;
  readonly promotionId: string | null;
}

type Stored = Prisma.TrialGetPayload<object>;

// What this file has written itself: no shape is in doubt.
const readSums = (value: Prisma.JsonValue): TrialSums => value as unknown as TrialSums;
const readTests = (value: Prisma.JsonValue): TrialTests => value as unknown as TrialTests;

const toTrial = (row: Stored): Trial => {
  const seen = readSums(row.seen);
  return trialSchema.parse({
    ...row,
    model: row.modelName,
    stepSince: row.stepSince.toISOString(),
    stepRequests: seen.trial.requests - readSums(row.stepBase).trial.requests,
    evidence: evidenceOf(readTests(row.tests)),
    agreement: { compared: seen.compared, differ: seen.differ },
    at: row.createdAt.toISOString(),
    ended: row.endedAt && { at: row.endedAt.toISOString(), by: row.endedBy, reason: row.endReason },
  });
};

export interface NewTrialRow extends Pick<
  Trial,
  | 'id'
  | 'model'
  | 'environment'
  | 'role'
  | 'version'
  | 'variant'
  | 'artifactDigest'
  | 'championVersion'
  | 'by'
  | 'reason'
> {
  readonly policy: TrialPolicy;
}

export const ledgerTrialOf = ({ id, role, version, variant, artifactDigest }: Trial, percent: number): LedgerTrial => ({
  ...{ id, role, version, variant, artifactDigest, percent },
});

export const trialRepository = (client: Client) => ({
  get: async (id: string): Promise<Trial | null> => {
    const row = isUuid(id) ? await client.trial.findUnique({ where: { id } }) : null;
    return row === null ? null : toTrial(row);
  },

  /** With the ledger that it is written to: until the transaction ends, nobody else takes a step there. */
  lock: async (id: string): Promise<TrialRow | null> => {
    if (!isUuid(id)) return null;
    await client.$executeRaw`SELECT lock_ledger("model", "environment") FROM "trial" WHERE "id" = ${id}::uuid`;
    const row = await client.trial.findUnique({ where: { id } });
    if (row === null) return null;
    const [clock] = await client.$queryRaw<{ age: number }[]>`
      SELECT extract(epoch FROM now() - "step_since")::double precision AS "age" FROM "trial" WHERE "id" = ${id}::uuid`;
    const { promotionId } = row;
    return {
      ...{ trial: toTrial(row), tests: readTests(row.tests), seen: readSums(row.seen), promotionId },
      stepAgeSeconds: clock?.age ?? 0,
    };
  },

  running: async (model: string, environment: string): Promise<Trial | null> => {
    const row = await client.trial.findFirst({ where: { modelName: model, environment, state: 'running' } });
    return row === null ? null : toTrial(row);
  },

  /** Whether a version is on trial, in any environment. */
  isRunning: async (model: string, version: number): Promise<boolean> =>
    (await client.trial.findFirst({ where: { modelName: model, version, state: 'running' }, select: { id: true } })) !==
    null,

  /** Of one environment, or of all; by model. */
  listRunning: async (environment?: string): Promise<Trial[]> =>
    (
      await client.trial.findMany({
        where: { state: 'running', ...(environment === undefined ? {} : { environment }) },
        orderBy: [{ modelName: 'asc' }, { environment: 'asc' }],
      })
    ).map(toTrial),

  /** Newest first. */
  list: async (model: string, page: PageAsk<MomentKey>): Promise<Trial[]> =>
    (
      await client.trial.findMany({
        where: { modelName: model, ...olderThan(page) },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        ...takeOf(page),
      })
    ).map(toTrial),

  create: async ({ model, policy, ...rest }: NewTrialRow): Promise<Trial> =>
    toTrial(
      await client.trial.create({
        data: {
          ...{ ...rest, modelName: model, policy: toJson(trialPolicySchema.parse(policy)) },
          ...{ stepBase: toJson(NOTHING_COUNTED), seen: toJson(NOTHING_COUNTED), tests: toJson(NEW_TESTS) },
        },
      }),
    ),

  /** Keeps the newest report of a process. One for a trial that is over, or that this database doesn't know, is let go. */
  keepReport: async (report: TrialReport): Promise<void> => {
    const { trialId, instance } = report;
    await client.$executeRaw`
      INSERT INTO "trial_count" ("trial_id", "instance", "report")
      SELECT "id", ${instance}::uuid, ${JSON.stringify(report)}::jsonb FROM "trial" WHERE "id" = ${trialId}::uuid AND "state" = 'running'
      ON CONFLICT ("trial_id", "instance") DO UPDATE SET "report" = excluded."report"
      WHERE (excluded."report" #>> '{champion,requests}')::int + (excluded."report" #>> '{trial,requests}')::int
        >= ("trial_count"."report" #>> '{champion,requests}')::int + ("trial_count"."report" #>> '{trial,requests}')::int`;
  },

  reports: async (id: string): Promise<TrialReport[]> =>
    (await client.trialCount.findMany({ where: { trialId: id } })).map(({ report }) => trialReportSchema.parse(report)),

  /**
   * Wrong answers among those that were given since it began and whose true label came. Two forms of one version can't be told apart by
   * their request ids: nothing is known of either.
   */
  labels: async (trial: Trial): Promise<{ champion: Tally; trial: Tally }> => {
    const { model, environment, version, championVersion, at } = trial;
    const rows =
      version === championVersion
        ? []
        : await client.$queryRaw<{ version: number; n: number; bad: number }[]>`
            SELECT "version", count(*)::int AS "n", (count(*) FILTER (WHERE "predicted" <> "label"))::int AS "bad" FROM "feedback"
            WHERE "model" = ${model} AND "environment" = ${environment} AND "superseded_at" IS NULL
              AND "answered_at" >= ${at}::timestamptz AND "version" IN (${version}, ${championVersion})
            GROUP BY "version"`;
    const tallyOf = (of: number): Tally => {
      const { n, bad } = rows.find((row) => row.version === of) ?? { n: 0, bad: 0 };
      return { n, bad };
    };
    return { champion: tallyOf(championVersion), trial: tallyOf(version) };
  },

  keepLook: async (id: string, { tests, seen }: { tests: TrialTests; seen: TrialSums }): Promise<void> => {
    await client.trial.update({ where: { id }, data: { tests: toJson(tests), seen: toJson(seen) } });
  },

  step: async (id: string, step: number, stepBase: TrialSums): Promise<Trial> =>
    toTrial(await client.trial.update({ where: { id }, data: { step, stepBase: toJson(stepBase) } })),

  askFor: async (id: string, promotionId: string): Promise<void> => {
    await client.trial.update({ where: { id }, data: { promotionId } });
  },

  end: async (
    id: string,
    { state, by, reason }: { state: Exclude<TrialState, 'running'>; by: string; reason: string },
  ): Promise<Trial> =>
    toTrial(await client.trial.update({ where: { id }, data: { state, endedBy: by, endReason: reason } })),
});

import { reviewActSchema, type ReviewAct } from '@graft/contracts';
import { Prisma } from '../generated/prisma/client.js';
import type { PageAsk } from '../rules/page.js';
import { WAITING_STATES } from '../rules/register-version.js';
import type { Client } from './client.js';

export interface DecisionRow {
  readonly by: string;
  readonly decision: ReviewAct;
  readonly overrideGate: boolean;
  readonly reason: string;
  readonly reportDigest: string;
  readonly at: Date;
}

/** A review with its decisions, oldest first: those of its present round, and all. */
export interface ReviewRow {
  readonly model: string;
  readonly version: number;
  readonly environment: string;
  readonly championGeneration: number;
  readonly requiredApprovals: number;
  readonly round: number;
  readonly createdAt: Date;
  /** Since when it waits. */
  readonly openedAt: Date;
  readonly expireAfterSeconds: number | null;
  readonly expiresAt: Date | null;
  readonly reminders: number;
  readonly remindedAt: Date | null;
  readonly decisions: readonly DecisionRow[];
  readonly history: readonly DecisionRow[];
}

export interface NewDecision {
  readonly model: string;
  readonly version: number;
  readonly round: number;
  readonly by: string;
  readonly decision: ReviewAct;
  readonly reportDigest: string;
  readonly championGeneration: number;
  readonly overrideGate: boolean;
  readonly reason: string;
}

const withDecisions = { decisions: { orderBy: { at: 'asc' } } } as const satisfies Prisma.ReviewInclude;

const toDecision = ({
  by,
  decision,
  overrideGate,
  reason,
  reportDigest,
  at,
}: Prisma.ReviewDecisionGetPayload<object>): DecisionRow => ({
  ...{ by, overrideGate, reason, reportDigest, at },
  decision: reviewActSchema.parse(decision),
});

const toReview = (row: Prisma.ReviewGetPayload<{ include: typeof withDecisions }>): ReviewRow => ({
  model: row.modelName,
  version: row.version,
  environment: row.environment,
  championGeneration: row.championGeneration,
  requiredApprovals: row.requiredApprovals,
  round: row.round,
  ...{ createdAt: row.createdAt, expireAfterSeconds: row.expireAfterSeconds, expiresAt: row.expiresAt },
  ...{ openedAt: row.openedAt, reminders: row.reminders, remindedAt: row.remindedAt },
  decisions: row.decisions.filter(({ round }) => round === row.round).map(toDecision),
  history: row.decisions.map(toDecision),
});

/** What reviews are in the order of. */
export interface ReviewKey {
  readonly at: string;
  readonly model: string;
  readonly version: number;
}

export type ReviewPlace = Pick<ReviewRow, 'model' | 'version'>;

/** How long a candidate waits, in whole seconds; null: without end. */
export interface ReviewTimes {
  readonly remindEverySeconds: number | null;
  readonly expireAfterSeconds: number | null;
}

const { sql } = Prisma;
/** By the database's clock. Of several reminders that were missed, one is due. */
const EXPIRED = sql`r."expires_at" <= now()`;
const TO_REMIND = sql`coalesce(r."expires_at" > now(), true)
  AND coalesce(r."reminded_at", r."opened_at") + make_interval(secs => r."remind_every_seconds") <= now()`;

const laterThan = ({ at, model, version }: ReviewKey): Prisma.ReviewWhereInput[] => {
  const createdAt = new Date(at);
  return [
    { createdAt: { gt: createdAt } },
    { createdAt, modelName: { gt: model } },
    { createdAt, modelName: model, version: { gt: version } },
  ];
};

export const reviewRepository = (client: Client) => ({
  get: async (model: string, version: number): Promise<ReviewRow | null> => {
    const row = await client.review.findUnique({
      where: { modelName_version: { modelName: model, version } },
      include: withDecisions,
    });
    return row === null ? null : toReview(row);
  },

  /** Of versions in these states, oldest first; those of deleted models left out. */
  list: async (
    { states, model }: { states: readonly string[]; model?: string },
    { after, limit }: PageAsk<ReviewKey>,
  ): Promise<ReviewRow[]> => {
    const rows = await client.review.findMany({
      where: {
        ...(after === null ? {} : { OR: laterThan(after) }),
        modelVersion: { state: { in: [...states] }, entry: { model: { hiddenAt: null } } },
        ...(model === undefined ? {} : { modelName: model }),
      },
      include: withDecisions,
      orderBy: [{ createdAt: 'asc' }, { modelName: 'asc' }, { version: 'asc' }],
      take: limit,
    });
    return rows.map(toReview);
  },

  open: async (
    review: ReviewPlace & Pick<ReviewRow, 'environment' | 'championGeneration' | 'requiredApprovals'> & ReviewTimes,
  ): Promise<void> => {
    const { model, version, environment, championGeneration, requiredApprovals } = review;
    const { remindEverySeconds, expireAfterSeconds } = review;
    await client.$executeRaw`
      INSERT INTO "review" ("model", "version", "environment", "champion_generation", "required_approvals",
        "remind_every_seconds", "expire_after_seconds", "expires_at")
      VALUES (${model}, ${version}, ${environment}, ${championGeneration}, ${requiredApprovals}, ${remindEverySeconds},
        ${expireAfterSeconds}, now() + make_interval(secs => ${expireAfterSeconds}::double precision))`;
  },

  /** Starts a round in which it waits anew, for as long as it was to wait at first. */
  reopen: async (model: string, version: number): Promise<void> => {
    await client.$executeRaw`
      UPDATE "review" SET "round" = "round" + 1, "opened_at" = now(), "reminders" = 0, "reminded_at" = NULL,
        "expires_at" = now() + make_interval(secs => "expire_after_seconds")
      WHERE "model" = ${model} AND "version" = ${version}`;
  },

  /** Those that wait and whose time has come, the longest overdue first, at most `limit`. */
  listDue: async (what: 'reminder' | 'expiry', limit: number): Promise<ReviewPlace[]> =>
    client.$queryRaw<ReviewPlace[]>`
      SELECT r."model", r."version" FROM "review" r JOIN "model_version" v ON v."model" = r."model" AND v."version" = r."version"
        JOIN "model" m ON m."name" = r."model" AND m."hidden_at" IS NULL
      WHERE v."state" IN (${Prisma.join(WAITING_STATES)}) AND ${what === 'expiry' ? EXPIRED : TO_REMIND}
      ORDER BY r."expires_at" LIMIT ${limit}`,

  /** Whether it is to expire by now; for who holds the model's lock. */
  isExpired: async ({ model, version }: ReviewPlace): Promise<boolean> => {
    const found = await client.$queryRaw<unknown[]>`
      SELECT 1 FROM "review" r WHERE r."model" = ${model} AND r."version" = ${version} AND ${EXPIRED}`;
    return found.length > 0;
  },

  /** Counts a reminder that is due. False where somebody else has just done so. */
  remind: async ({ model, version }: ReviewPlace): Promise<boolean> => {
    const counted = await client.$executeRaw`
      UPDATE "review" r SET "reminders" = "reminders" + 1, "reminded_at" = now()
      WHERE r."model" = ${model} AND r."version" = ${version} AND ${TO_REMIND}`;
    return counted > 0;
  },

  decide: async ({ model: modelName, ...decision }: NewDecision): Promise<void> => {
    await client.reviewDecision.create({ data: { modelName, ...decision } });
  },
});

import type { Prisma } from '../generated/prisma/client.js';
import type { Client } from './client.js';

export interface DecisionRow {
  readonly by: string;
  readonly decision: 'approve' | 'reject';
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
  readonly decisions: readonly DecisionRow[];
  readonly history: readonly DecisionRow[];
}

export interface NewDecision {
  readonly model: string;
  readonly version: number;
  readonly round: number;
  readonly by: string;
  readonly decision: 'approve' | 'reject';
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
  decision: decision === 'approve' ? 'approve' : 'reject',
});

const toReview = (row: Prisma.ReviewGetPayload<{ include: typeof withDecisions }>): ReviewRow => ({
  model: row.modelName,
  version: row.version,
  environment: row.environment,
  championGeneration: row.championGeneration,
  requiredApprovals: row.requiredApprovals,
  round: row.round,
  createdAt: row.createdAt,
  decisions: row.decisions.filter(({ round }) => round === row.round).map(toDecision),
  history: row.decisions.map(toDecision),
});

export const reviewRepository = (client: Client) => ({
  get: async (model: string, version: number): Promise<ReviewRow | null> => {
    const row = await client.review.findUnique({
      where: { modelName_version: { modelName: model, version } },
      include: withDecisions,
    });
    return row === null ? null : toReview(row);
  },

  /** Of versions in these states, oldest first; those of deleted models left out. */
  list: async ({ states, model }: { states: readonly string[]; model?: string }): Promise<ReviewRow[]> => {
    const rows = await client.review.findMany({
      where: {
        modelVersion: { state: { in: [...states] }, entry: { model: { hiddenAt: null } } },
        ...(model === undefined ? {} : { modelName: model }),
      },
      include: withDecisions,
      orderBy: [{ createdAt: 'asc' }, { modelName: 'asc' }, { version: 'asc' }],
    });
    return rows.map(toReview);
  },

  open: async (
    review: Pick<ReviewRow, 'model' | 'version' | 'environment' | 'championGeneration' | 'requiredApprovals'>,
  ): Promise<void> => {
    const { model: modelName, ...rest } = review;
    await client.review.create({ data: { modelName, ...rest } });
  },

  /** What was approved before counts no longer. */
  startRound: async (model: string, version: number): Promise<void> => {
    await client.review.updateMany({ where: { modelName: model, version }, data: { round: { increment: 1 } } });
  },

  decide: async ({ model: modelName, ...decision }: NewDecision): Promise<void> => {
    await client.reviewDecision.create({ data: { modelName, ...decision } });
  },
});

import type { ModelVersion, Review, reviewDecisionSchema } from '@graft/contracts';
import type { z } from 'zod';
import type { Database, Transaction } from '../db/database.js';
import type { Repositories } from '../repositories/index.js';
import type { ReviewKey, ReviewRow } from '../repositories/reviews.js';
import { noSuch, noSuchVersion } from '../rules/not-found.js';
import type { PageAsk } from '../rules/page.js';
import { WAITING_STATES } from '../rules/register-version.js';
import {
  allowedDecisions,
  boundGeneration,
  ruleApproval,
  ruleRejection,
  type DecisionVerb,
  type ReviewSituation,
} from '../rules/review-decision.js';
import { reviewSubject } from './subjects.js';

type Decision = z.output<typeof reviewDecisionSchema>;

const NOTICES = { approve: 'review.approved', reject: 'review.rejected' } as const;

/** What became of an approval. */
type Use = Pick<ReviewSituation, 'hasServed' | 'isOnTrial'>;

const UNUSED: Use = { hasServed: false, isOnTrial: false };

const useOf = async (repositories: Repositories, { model, version, state }: ModelVersion): Promise<Use> => {
  if (state !== 'approved') return UNUSED;
  const [hasServed, isOnTrial] = [
    await repositories.ledger.hasServed(model, version),
    await repositories.trials.isRunning(model, version),
  ];
  return { hasServed, isOnTrial };
};

const toReview = (row: ReviewRow, version: ModelVersion, currentGeneration: number, use: Use): Review => ({
  model: row.model,
  version: row.version,
  reportDigest: version.reportDigest,
  championGeneration: boundGeneration({
    state: version.state,
    championGeneration: row.championGeneration,
    currentGeneration,
  }),
  environment: row.environment,
  gateVerdict: version.gateVerdict,
  requiredApprovals: row.requiredApprovals,
  approvals: row.decisions
    .filter(({ decision }) => decision === 'approve')
    .map(({ by, at, reason }) => ({ by, at: at.toISOString(), reason })),
  decisions: row.history.map(({ at, ...decision }) => ({ ...decision, at: at.toISOString() })),
  allows: [...allowedDecisions({ state: version.state, ...use })],
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt?.toISOString() ?? null,
  ...{ reminders: row.reminders, remindedAt: row.remindedAt?.toISOString() ?? null },
});

/** A version with its review and what is served where it is meant to be. */
const load = async (
  repositories: Repositories,
  model: string,
  number: number,
): Promise<{ version: ModelVersion; review: ReviewRow; currentGeneration: number }> => {
  const version = await repositories.models.getVersion(model, number);
  const review = await repositories.reviews.get(model, number);
  if (version === null || review === null) {
    const row = await repositories.models.get(model);
    if (row === null) throw noSuch('model', model, await repositories.models.names());
    throw noSuchVersion(model, number, row.latestVersion);
  }
  const deployment = await repositories.deployments.get(model, review.environment);
  return { version, review, currentGeneration: deployment?.generation ?? 0 };
};

export const reviewService = (db: Database) => {
  const decide = async (
    tx: Transaction,
    verb: DecisionVerb,
    { model, number, by, decision }: { model: string; number: number; by: string; decision: Decision },
  ): Promise<ModelVersion> => {
    await tx.models.lock(model);
    const { version, review, currentGeneration } = await load(tx, model, number);
    const situation: ReviewSituation = {
      model,
      version: number,
      environment: review.environment,
      state: version.state,
      reportDigest: version.reportDigest,
      gateVerdict: version.gateVerdict,
      championGeneration: review.championGeneration,
      currentGeneration,
      requiredApprovals: review.requiredApprovals,
      approvedBy: review.decisions.filter((one) => one.decision === 'approve').map((one) => one.by),
      ...(await useOf(tx, version)),
    };
    const rule = verb === 'approve' ? ruleApproval : ruleRejection;
    const ruling = rule(situation, { ...decision, by });
    if (!ruling.record) return version;
    await tx.reviews.decide({ model, version: number, round: review.round, by, decision: verb, ...decision });
    const { environment, championGeneration: generation } = review;
    const { reason } = decision;
    const notice = { model, version: number, variant: version.variant, environment, generation, by, reason };
    tx.emit({
      kind: 'review',
      subject: reviewSubject(model, number),
      environment,
      // The first approval of two decides nothing yet.
      ...(ruling.state === version.state ? {} : { notice: { ...notice, kind: NOTICES[verb] } }),
    });
    return ruling.state === version.state ? version : tx.models.setState(model, number, ruling.state);
  };

  return {
    listReviews: async ({ model }: { model?: string | undefined }, page: PageAsk<ReviewKey>): Promise<Review[]> => {
      if (model !== undefined && (await db.models.get(model)) === null) {
        throw noSuch('model', model, await db.models.names());
      }
      const rows = await db.reviews.list({ states: WAITING_STATES, ...(model === undefined ? {} : { model }) }, page);
      const versions = await db.models.findVersions(rows);
      return rows.flatMap((row) => {
        const version = versions.find((one) => one.model === row.model && one.version === row.version);
        return version === undefined ? [] : [toReview(row, version, row.championGeneration, UNUSED)];
      });
    },

    getReview: async (model: string, number: number): Promise<Review> => {
      const { version, review, currentGeneration } = await load(db, model, number);
      return toReview(review, version, currentGeneration, await useOf(db, version));
    },

    approve: (model: string, number: number, by: string, decision: Decision): Promise<ModelVersion> =>
      db.transaction((tx) => decide(tx, 'approve', { model, number, by, decision })),

    reject: (model: string, number: number, by: string, decision: Decision): Promise<ModelVersion> =>
      db.transaction((tx) => decide(tx, 'reject', { model, number, by, decision })),
  };
};

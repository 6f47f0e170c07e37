/** Whether a person's decision on a version holds, and what it changes. Pure. */
import { AppError, type Digest, type GateVerdict, type Review, type VersionState } from '@graft/contracts';
import { staleGeneration } from './stale.js';

export interface ReviewSituation {
  readonly model: string;
  readonly version: number;
  readonly environment: string;
  readonly state: VersionState;
  readonly reportDigest: Digest;
  readonly gateVerdict: GateVerdict;
  /** What the report compares with. */
  readonly championGeneration: number;
  /** What is served now; 0 where nothing is. */
  readonly currentGeneration: number;
  readonly requiredApprovals: number;
  /** Who has approved in this round. */
  readonly approvedBy: readonly string[];
  /** Some ledger has had it as what serves, in any environment. */
  readonly hasServed: boolean;
  /** Some replica answers with it, or alongside, on trial. */
  readonly isOnTrial: boolean;
}

export interface Decision {
  readonly by: string;
  readonly reportDigest: Digest;
  readonly championGeneration: number;
  readonly overrideGate: boolean;
}

export type DecisionVerb = Review['allows'][number];

/** `record: false`: it was said before, by the same person; nothing is to be done. */
export interface Ruling {
  readonly record: boolean;
  readonly state: VersionState;
}

/** A withdrawn version is judged against what is served today; any other against what its report compares with. */
export const boundGeneration = (
  situation: Pick<ReviewSituation, 'state' | 'championGeneration' | 'currentGeneration'>,
): number => (situation.state === 'withdrawn' ? situation.currentGeneration : situation.championGeneration);

const nameOf = ({ model, version }: ReviewSituation): string => `version ${version} of ${model}`;

const isClosed = (situation: ReviewSituation, why: string): AppError =>
  new AppError('conflict', `${nameOf(situation)} ${why}`, {
    details: { model: situation.model, version: situation.version, state: situation.state },
  });

/** Expired: nobody decided in time. Says who can take it up again, and how. */
const hasExpired = (situation: ReviewSituation): AppError =>
  isClosed(
    situation,
    `expired before anybody decided: an admin can reopen it (./graft reopen ${situation.model} ${situation.version} --reason "…"), ` +
      'or its pipeline makes another (./graft runs start … --again)',
  );

/** What a report compares with is served no longer. */
const championMoved = (situation: ReviewSituation, bound: number): AppError =>
  new AppError(
    'stale_generation',
    `the champion moved: the report of ${nameOf(situation)} compares with generation ${bound}, and ` +
      `${situation.environment} serves generation ${situation.currentGeneration} now; its pipeline makes one that is compared with that (./graft runs start … --again --reason "…")`,
    { details: { expectedGeneration: bound, generation: situation.currentGeneration } },
  );

const checkBinding = (situation: ReviewSituation, decision: Decision): void => {
  if (decision.reportDigest !== situation.reportDigest) {
    throw new AppError('stale_generation', `the report that you saw is not that of ${nameOf(situation)}: look again`, {
      details: { reportDigest: situation.reportDigest, generation: situation.currentGeneration },
    });
  }
  const bound = boundGeneration(situation);
  if (decision.championGeneration === bound) return;
  throw bound === situation.currentGeneration
    ? staleGeneration(situation, decision.championGeneration, bound)
    : championMoved(situation, bound);
};

/** @throws AppError `stale_generation`, `conflict` (decided already), `refused` (the gate). */
export const ruleApproval = (situation: ReviewSituation, decision: Decision): Ruling => {
  const { state, currentGeneration, approvedBy } = situation;
  const saidBefore = approvedBy.includes(decision.by);
  if (state === 'approved') {
    if (saidBefore && decision.reportDigest === situation.reportDigest) return { record: false, state };
    throw isClosed(situation, 'is approved already');
  }
  if (state === 'rejected') throw isClosed(situation, 'was rejected; a new run makes a new candidate');
  if (state === 'superseded') throw isClosed(situation, 'was superseded by a newer candidate: review that one');
  if (state === 'expired') throw hasExpired(situation);
  checkBinding(situation, decision);
  const bound = boundGeneration(situation);
  if (bound !== currentGeneration) throw championMoved(situation, bound);
  if ((state === 'blocked' || situation.gateVerdict === 'fail') && !decision.overrideGate) {
    throw new AppError(
      'refused',
      `the gate's verdict on ${nameOf(situation)} is "${situation.gateVerdict}" and blocks it; ` +
        'who approves it regardless says so (overrideGate), with the reason',
      { details: { gateVerdict: situation.gateVerdict } },
    );
  }
  if (saidBefore) return { record: false, state };
  return { record: true, state: approvedBy.length + 1 >= situation.requiredApprovals ? 'approved' : state };
};

/** An approval is taken back as long as nothing came of it; after that, what serves is what is changed. */
const checkTakenBack = (situation: ReviewSituation): void => {
  const { model, hasServed, isOnTrial } = situation;
  if (hasServed)
    throw isClosed(
      situation,
      'is approved and has served: ./graft rollback, or promoting another version, takes its place',
    );
  if (isOnTrial) throw isClosed(situation, `is on trial: ./graft trial end ${model} --reason "…" first`);
};

/** A candidate can be rejected although the champion moved: nothing comes of it. So can one that is approved and has not served. */
export const ruleRejection = (situation: ReviewSituation, decision: Decision): Ruling => {
  const { state } = situation;
  if (state === 'rejected') return { record: false, state };
  if (state === 'approved') checkTakenBack(situation);
  if (state === 'superseded') throw isClosed(situation, 'was superseded by a newer candidate');
  if (state === 'withdrawn')
    throw isClosed(situation, 'was rolled back already: it is not served again unless somebody approves it anew');
  if (state === 'expired') throw hasExpired(situation);
  checkBinding(situation, decision);
  return { record: true, state: 'rejected' };
};

const ALLOWED: Readonly<Record<Exclude<VersionState, 'approved'>, readonly DecisionVerb[]>> = {
  candidate: ['approve', 'reject'],
  blocked: ['approve', 'reject'],
  withdrawn: ['approve'],
  rejected: [],
  superseded: [],
  expired: [],
};

/** What the two rules above don't refuse for the state alone. */
export const allowedDecisions = ({
  state,
  hasServed,
  isOnTrial,
}: Pick<ReviewSituation, 'state' | 'hasServed' | 'isOnTrial'>): readonly DecisionVerb[] => {
  if (state !== 'approved') return ALLOWED[state];
  return hasServed || isOnTrial ? [] : ['reject'];
};

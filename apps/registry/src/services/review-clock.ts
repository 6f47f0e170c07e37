/**
 * What time does to reviews: reminders, expiry, and the way back. All of it is read from the tables and judged by the database's clock, so
 * that a registry that was down catches up at its start, and several of them do the same thing once.
 */
import type { ModelVersion } from '@graft/contracts';
import type { Database, Transaction } from '../db/database.js';
import type { ReviewPlace, ReviewRow } from '../repositories/reviews.js';
import { noSuch, noSuchVersion } from '../rules/not-found.js';
import { WAITING_STATES } from '../rules/register-version.js';
import { ruleReopening } from '../rules/reopening.js';
import { CLOCK_ACTOR, reviewSubject } from './subjects.js';

/** Of each kind, in one go. */
const BATCH = 500;

const waits = ({ state }: Pick<ModelVersion, 'state'>): boolean =>
  (WAITING_STATES as readonly string[]).includes(state);

export interface ReviewTick {
  readonly reminded: readonly ReviewPlace[];
  readonly expired: readonly ReviewPlace[];
}

/** `30 days`, `12 hours`: a whole number of the largest unit that there is one of. */
const spanOf = (seconds: number): string => {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
    ['second', 1],
  ] as const;
  const [unit, length] = units.find(([, size]) => seconds >= size && seconds % size === 0) ?? ['second', 1];
  const amount = seconds / length;
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
};

const noticeOf = (
  { model, version, variant }: ModelVersion,
  { environment, championGeneration: generation }: ReviewRow,
) => ({ model, version, variant, environment, generation });

/** One act of the clock or of an admin, in the form in which decisions are kept. */
const record = async (
  tx: Transaction,
  act: { version: ModelVersion; by: string; decision: 'expire' | 'reopen'; reason: string },
): Promise<void> => {
  const { version, ...rest } = act;
  const place = { model: version.model, version: version.version };
  const review = await tx.reviews.get(place.model, place.version);
  if (review === null) return;
  const { round, championGeneration, environment } = review;
  const { reportDigest } = version;
  await tx.reviews.decide({ ...place, ...rest, round, reportDigest, championGeneration, overrideGate: false });
  const kind = rest.decision === 'expire' ? 'review.expired' : 'review.reopened';
  const notice = { ...noticeOf(version, review), kind, by: rest.by, reason: rest.reason } as const;
  tx.emit({ kind: 'review', subject: reviewSubject(place.model, place.version), environment, notice });
};

const expire = async (tx: Transaction, { model, version: number }: ReviewPlace): Promise<boolean> => {
  await tx.models.lock(model);
  const version = await tx.models.getVersion(model, number);
  // Somebody may have decided, or another registry been quicker.
  if (version === null || !waits(version) || !(await tx.reviews.isExpired({ model, version: number }))) return false;
  const seconds = (await tx.reviews.get(model, number))?.expireAfterSeconds ?? 0;
  const reason = `nobody decided within ${spanOf(seconds)}`;
  await record(tx, { version, by: CLOCK_ACTOR, decision: 'expire', reason });
  await tx.models.setState(model, number, 'expired');
  return true;
};

const remind = async (tx: Transaction, place: ReviewPlace): Promise<boolean> => {
  await tx.models.lock(place.model);
  const version = await tx.models.getVersion(place.model, place.version);
  if (version === null || !waits(version) || !(await tx.reviews.remind(place))) return false;
  const review = await tx.reviews.get(place.model, place.version);
  if (review === null) return false;
  const until = review.expiresAt === null ? '' : `, it expires at ${review.expiresAt.toISOString()}`;
  const reason = `it waits for a decision since ${review.openedAt.toISOString()}${until}`;
  const notice = { ...noticeOf(version, review), kind: 'review.reminded', by: CLOCK_ACTOR, reason } as const;
  const { environment } = review;
  tx.emit({ kind: 'reminder', subject: reviewSubject(place.model, place.version), environment, notice });
  return true;
};

export const reviewClockService = (db: Database) => {
  const each = async (
    what: 'reminder' | 'expiry',
    act: (tx: Transaction, place: ReviewPlace) => Promise<boolean>,
  ): Promise<ReviewPlace[]> => {
    const done: ReviewPlace[] = [];
    for (const place of await db.reviews.listDue(what, BATCH)) {
      if (await db.transaction((tx) => act(tx, place))) done.push(place);
    }
    return done;
  };

  return {
    /** Expires what nobody has decided in time, and reminds of what still waits. As often as anyone likes. */
    tickReviews: async (): Promise<ReviewTick> => {
      const expired = await each('expiry', expire);
      return { expired, reminded: await each('reminder', remind) };
    },

    /** A version that expired waits anew, as long as before; what was approved in the meantime before counts no longer. Again: no change. */
    reopenVersion: (model: string, number: number, by: string, reason: string): Promise<ModelVersion> =>
      db.transaction(async (tx) => {
        const row = await tx.models.lock(model);
        if (row === null || row.hiddenAt !== null) throw noSuch('model', model, await tx.models.names());
        const version = await tx.models.getVersion(model, number);
        const review = await tx.reviews.get(model, number);
        if (version === null || review === null) throw noSuchVersion(model, number, row.latestVersion);
        const state = ruleReopening({
          ...{ model, version: number, state: version.state },
          wasBlocked: await tx.models.wasBlocked(model, number),
          isReopened: review.history.at(-1)?.decision === 'reopen',
          waiting: await tx.models.newestIn(model, WAITING_STATES),
        });
        if (state === null) return version;
        await tx.reviews.reopen(model, number);
        await record(tx, { version, by, decision: 'reopen', reason });
        return tx.models.setState(model, number, state);
      }),
  };
};

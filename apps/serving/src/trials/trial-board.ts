/** The trials that this replica takes part in: which requests they get, and what is counted of them and of their champions. */
import { createHash, randomUUID } from 'node:crypto';
import { LATENCY_BOUNDS_MS, type Position, type TrialReport, type TrialRole } from '@graft/contracts';
import type { ServedModel } from '../models/served-model.js';

/** A version beside the champion, loaded. */
export interface ActiveTrial extends Position {
  readonly trialId: string;
  readonly role: TrialRole;
  /** The share of requests that it gets. */
  readonly percent: number;
  readonly served: ServedModel;
}

export interface Outcome {
  /** By the server's fault. */
  readonly failed: boolean;
  readonly ms: number;
}

export interface TrialBoard {
  /** From now on these, and no others. What was counted of one that goes on stays. */
  set(active: readonly ActiveTrial[]): void;
  /** The trial of a model, whatever its share. */
  of(model: string): ActiveTrial | null;
  /** The canary that answers a request of this key; null: the champion does. The same key, in the same trial and step, goes the same way. */
  canaryFor(model: string, key: string): ActiveTrial | null;
  /** Notes a request of the champion, or of the version on trial, of a model that has one. */
  count(trial: ActiveTrial, side: 'champion' | 'trial', outcome: Outcome): void;
  /** Notes a request that both answered. */
  compare(trial: ActiveTrial, isSame: boolean): void;
  /** All that was counted by this process, of trials that go on. */
  reports(): TrialReport[];
}

interface Counts {
  requests: number;
  errors: number;
  readonly latency: number[];
}
interface Book {
  readonly champion: Counts;
  readonly trial: Counts;
  compared: number;
  differ: number;
}

const newCounts = (): Counts => ({
  ...{ requests: 0, errors: 0 },
  latency: Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0),
});
const newBook = (): Book => ({ champion: newCounts(), trial: newCounts(), compared: 0, differ: 0 });

const bucketOf = (ms: number): number => {
  const at = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
  return at === -1 ? LATENCY_BOUNDS_MS.length : at;
};

/** From 0 to 100, spread evenly over keys, and otherwise for each trial: a key that was in one canary isn't in all. */
const placeOf = (trialId: string, key: string): number =>
  (createHash('sha256').update(`${trialId}\n${key}`).digest().readUInt32BE(0) / 2 ** 32) * 100;

export const createTrialBoard = (): TrialBoard => {
  const instance = randomUUID();
  const active = new Map<string, ActiveTrial>();
  const books = new Map<string, Book>();

  const bookOf = ({ trialId }: ActiveTrial): Book => {
    const book = books.get(trialId) ?? newBook();
    books.set(trialId, book);
    return book;
  };

  return {
    set: (trials) => {
      active.clear();
      for (const trial of trials) active.set(trial.served.model, trial);
      const kept = new Set(trials.map(({ trialId }) => trialId));
      for (const id of books.keys()) if (!kept.has(id)) books.delete(id);
    },
    of: (model) => active.get(model) ?? null,
    canaryFor: (model, key) => {
      const trial = active.get(model);
      if (trial?.role !== 'canary') return null;
      return placeOf(trial.trialId, key) < trial.percent ? trial : null;
    },
    count: (trial, side, { failed, ms }) => {
      const counts = bookOf(trial)[side];
      counts.requests += 1;
      if (failed) counts.errors += 1;
      else counts.latency[bucketOf(ms)] = (counts.latency[bucketOf(ms)] ?? 0) + 1;
    },
    compare: (trial, isSame) => {
      const book = bookOf(trial);
      book.compared += 1;
      if (!isSame) book.differ += 1;
    },
    reports: () => [...books].map(([trialId, book]) => ({ trialId, instance, ...structuredClone(book) })),
  };
};

import {
  AppError,
  requireMade,
  reproductionRequestSchema,
  type NewRunEvent,
  type Reproduction,
  type ReproductionEvent,
  type ReproductionPatch,
  type ReproductionRequest,
} from '@graft/contracts';
import { v7 as uuid } from 'uuid';
import type { Database, Transaction } from '../db/database.js';
import type { ReproductionFilter, ReproductionQuestion } from '../repositories/reproductions.js';
import type { MomentKey } from '../rules/page.js';
import { noSuch } from '../rules/not-found.js';
import { checkReproductionPatch } from '../rules/reproduction-state.js';

export const reproductionService = (
  db: Database,
  { getModelVersion }: { getModelVersion(model: string, version: number): Promise<Parameters<typeof requireMade>[0]> },
) => {
  const find = async (tx: Pick<Transaction, 'reproductions'>, id: string): Promise<Reproduction> => {
    const found = await tx.reproductions.get(id);
    if (found === null) throw noSuch('reproduction', id);
    return found;
  };
  const changed = (tx: Transaction, reproduction: Reproduction): Reproduction => {
    tx.emit({ kind: 'reproduction', subject: reproduction.id, environment: null });
    return reproduction;
  };
  const join = async (tx: Transaction, question: ReproductionQuestion, by: string): Promise<Reproduction> => {
    const id = uuid();
    if (await tx.reproductions.create(id, question, by)) return changed(tx, await find(tx, id));
    const present = await tx.reproductions.underWay(question);
    if (present !== null) return present;
    throw new AppError('conflict', 'the reproduction that was under way has just ended; ask again', {
      details: { ...question },
    });
  };

  return {
    /** The same question while one is under way is that one. `refused` for a version that no run made. */
    requestReproduction: async (
      by: string,
      model: string,
      version: number,
      request: ReproductionRequest,
    ): Promise<Reproduction> => {
      requireMade(await getModelVersion(model, version));
      const { variant, fresh } = reproductionRequestSchema.parse(request);
      return db.transaction((tx) => join(tx, { model, version, variant, fresh }, by));
    },

    getReproduction: (id: string): Promise<Reproduction> => find(db, id),

    listReproductions: (filter: ReproductionFilter, after: MomentKey | null): Promise<Reproduction[]> =>
      db.reproductions.list(filter, after),

    patchReproduction: (id: string, patch: ReproductionPatch): Promise<Reproduction> =>
      db.transaction(async (tx) => {
        await tx.reproductions.lock(id);
        const present = await find(tx, id);
        if (checkReproductionPatch(present, patch) === 'same') return present;
        return changed(tx, await tx.reproductions.patch(id, patch));
      }),

    postReproductionEvents: async (id: string, events: readonly NewRunEvent[]): Promise<void> => {
      if (events.length === 0) return;
      await db.transaction(async (tx) => {
        await tx.reproductions.lock(id);
        const { state } = await find(tx, id);
        // What a worker that was taken for lost still says of it is no news any more.
        if (state === 'succeeded' || state === 'failed') return;
        await tx.reproductions.appendEvents(id, events);
        tx.emit({ kind: 'reproduction', subject: id, environment: null });
      });
    },

    listReproductionEvents: async (
      id: string,
      page: { after: number; limit: number },
    ): Promise<ReproductionEvent[]> => {
      await find(db, id);
      return db.reproductions.listEvents(id, page);
    },
  };
};

import {
  AppError,
  MIN_COLLECTED_AGE_SECONDS,
  type Collected,
  type Collection,
  type newCollectionSchema,
  type References,
} from '@graft/contracts';
import type { z } from 'zod';
import type { Database } from '../db/database.js';
import { checkNoBackup } from './check-no-backup.js';
import { noSuch } from '../rules/not-found.js';
import type { MomentKey, PageAsk } from '../rules/page.js';

export const storageService = (db: Database) => ({
  /** When it began comes first: what is registered while rows are read counts as under way. */
  listReferences: async (): Promise<References> => {
    const { at, since, runs } = await db.storage.underWay();
    const [named, liveEmbedders] = [await db.storage.named(), await db.storage.liveEmbedders()];
    return {
      ...{ at: at.toISOString(), underWaySince: since?.toISOString() ?? null, runsUnderWay: runs },
      ...{ named, liveEmbedders },
    };
  },

  /** @throws AppError `refused` for an age below an hour without force. */
  openCollection: async (
    { olderThanSeconds, force }: z.output<typeof newCollectionSchema>,
    by: string,
  ): Promise<Collection> => {
    if (olderThanSeconds < MIN_COLLECTED_AGE_SECONDS && !force) {
      throw new AppError(
        'refused',
        `objects younger than an hour (asked: ${olderThanSeconds} s) may belong to what somebody is about to register: ` +
          'name 1h or more, or --force where nobody else uses this stack',
        { details: { olderThanSeconds, least: MIN_COLLECTED_AGE_SECONDS } },
      );
    }
    const forced = olderThanSeconds < MIN_COLLECTED_AGE_SECONDS;
    return db.transaction(async (tx) => {
      await checkNoBackup(tx);
      return tx.storage.openCollection({ by, olderThanSeconds, forced });
    });
  },

  closeCollection: async (id: string, removed: Collected): Promise<Collection> => {
    const found = await db.storage.getCollection(id);
    if (found === null) throw noSuch('collection', id);
    return (await db.storage.closeCollection(id, removed)) ?? found;
  },

  listCollections: (page: PageAsk<MomentKey>): Promise<Collection[]> => db.storage.listCollections(page),
});

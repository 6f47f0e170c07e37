import type { Correction, NewCorrection } from '@graft/contracts';
import type { Database } from '../db/database.js';
import { checkCorrection } from '../rules/correction.js';
import { noSuch } from '../rules/not-found.js';

export const correctionService = (db: Database) => ({
  /** Numbered within its dataset; the next version takes it in. */
  createCorrection: (by: string, dataset: string, correction: NewCorrection): Promise<Correction> =>
    db.transaction(async (tx) => {
      await tx.datasets.lock(dataset);
      const present = await tx.datasets.get(dataset);
      if (present === null) throw noSuch('dataset', dataset, await tx.datasets.names());
      checkCorrection(dataset, await tx.datasets.latestVersion(dataset), correction);
      const number = present.corrections + 1;
      const created = await tx.corrections.create({ ...correction, dataset, number, by });
      tx.emit({ kind: 'dataset', subject: dataset, environment: null });
      return created;
    }),

  listCorrections: async (dataset: string, page: { after: number; limit: number }): Promise<Correction[]> => {
    if ((await db.datasets.get(dataset)) === null) throw noSuch('dataset', dataset, await db.datasets.names());
    return db.corrections.list(dataset, page);
  },
});

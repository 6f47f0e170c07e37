import { checkCorrection, type Correction, type CorrectionAction, type NewCorrection } from '@graft/contracts';
import type { Database, Transaction } from '../db/database.js';
import { noSuch } from '../rules/not-found.js';

/** Corrections read at a time: each may name ten thousand images. */
const PAGE = 10;

/** What was sent and is in no version yet, as far as it names labels. */
const waitingNames = async (
  tx: Pick<Transaction, 'corrections'>,
  dataset: string,
  { after, upTo }: { after: number; upTo: number },
): Promise<CorrectionAction[]> => {
  const named: CorrectionAction[] = [];
  for (let last = after; last < upTo;) {
    const page = await tx.corrections.list(dataset, { after: last, limit: PAGE });
    for (const { actions } of page) {
      named.push(...actions.filter(({ action }) => action === 'relabel' || action === 'rename'));
    }
    last = page.at(-1)?.number ?? upTo;
  }
  return named;
};

/** Whether an action names a label that the dataset's latest version doesn't have. */
const namesNewLabel = ({ actions }: NewCorrection, labels: readonly string[]): boolean =>
  actions.some(
    (action) =>
      (action.action === 'relabel' && !labels.includes(action.label)) ||
      (action.action === 'rename' && !(labels.includes(action.from) && labels.includes(action.to))),
  );

export const correctionService = (db: Database) => ({
  /** Numbered within its dataset; the next version takes it in. */
  createCorrection: (by: string, dataset: string, correction: NewCorrection): Promise<Correction> =>
    db.transaction(async (tx) => {
      await tx.datasets.lock(dataset);
      const present = await tx.datasets.get(dataset);
      if (present === null) throw noSuch('dataset', dataset, await tx.datasets.names());
      const latest = await tx.datasets.latestVersion(dataset);
      const waiting = namesNewLabel(correction, latest?.labels ?? [])
        ? await waitingNames(tx, dataset, { after: latest?.corrections ?? 0, upTo: present.corrections })
        : [];
      const actions = checkCorrection(dataset, { latest, waiting, actions: correction.actions });
      const number = present.corrections + 1;
      const created = await tx.corrections.create({ ...correction, actions, dataset, number, by });
      tx.emit({ kind: 'dataset', subject: dataset, environment: null });
      return created;
    }),

  listCorrections: async (dataset: string, page: { after: number; limit: number }): Promise<Correction[]> => {
    if ((await db.datasets.get(dataset)) === null) throw noSuch('dataset', dataset, await db.datasets.names());
    return db.corrections.list(dataset, page);
  },
});

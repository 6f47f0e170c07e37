import {
  AppError,
  selectionDigest,
  type NewSelectionRun,
  type Run,
  type SelectionPatch,
  type SelectionRecord,
  type SelectionRequest,
} from '@graft/contracts';
import { v7 as uuid } from 'uuid';
import type { Database, Transaction } from '../db/database.js';
import { noSuch } from '../rules/not-found.js';
import type { SelectionFilter } from '../repositories/selections.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { checkSelectionPatch } from '../rules/selection-state.js';

export const selectionService = (db: Database) => {
  const find = async (tx: Pick<Transaction, 'selections'>, id: string): Promise<SelectionRecord> => {
    const record = await tx.selections.get(id);
    if (record === null) throw noSuch('selection', id);
    return record;
  };

  const changed = (tx: Transaction, record: SelectionRecord): SelectionRecord => {
    tx.emit({ kind: 'selection', subject: record.id, environment: null });
    return record;
  };

  return {
    /** The same request is the selection that is there; one that failed tries once more. */
    requestSelection: (by: string, request: SelectionRequest): Promise<SelectionRecord> =>
      db.transaction(async (tx) => {
        const version = await tx.datasets.getVersion(request.datasetVersion);
        if (version === null) throw noSuch('dataset version', request.datasetVersion);
        if (version.dataset !== request.dataset) {
          throw new AppError(
            'invalid_request',
            `version ${request.datasetVersion} is of dataset ${version.dataset}, not of ${request.dataset}`,
          );
        }
        const asked = { id: uuid(), digest: selectionDigest(request), request, by };
        const { record, created } = await tx.selections.createOrGet(asked);
        if (created) return changed(tx, record);
        await tx.selections.lock(record.id);
        const present = await find(tx, record.id);
        if (present.state !== 'failed') return present;
        return changed(tx, await tx.selections.restart(present.id, { attempt: present.attempt + 1, by }));
      }),

    getSelection: (id: string): Promise<SelectionRecord> => find(db, id),

    listSelections: (filter: SelectionFilter, page: PageAsk<MomentKey>): Promise<SelectionRecord[]> =>
      db.selections.list(filter, page),

    patchSelection: (id: string, patch: SelectionPatch): Promise<SelectionRecord> =>
      db.transaction(async (tx) => {
        await tx.selections.lock(id);
        const record = await find(tx, id);
        if (checkSelectionPatch(record, patch) === 'same') return record;
        return changed(tx, await tx.selections.advance(id, patch));
      }),

    /** A run that works for it: the one for this candidate and purpose, made at the first asking. It belongs to no applied pipeline. */
    openSelectionRun: (id: string, { candidate, purpose, run }: NewSelectionRun): Promise<Run> =>
      db.transaction(async (tx) => {
        await tx.selections.lock(id);
        const { request, attempt, runs } = await find(tx, id);
        if (run.datasetVersion !== request.datasetVersion || run.attempt !== attempt) {
          throw new AppError(
            'conflict',
            `selection ${id} is at attempt ${attempt} on dataset version ${request.datasetVersion}, the run at attempt ${run.attempt} on ${run.datasetVersion}`,
          );
        }
        const { run: opened, created } = await tx.runs.createOrGet(uuid(), run);
        if (!created) return opened;
        await tx.selections.setRuns(id, [...runs, { candidate, purpose, runId: opened.id }]);
        tx.emit({ kind: 'run', subject: opened.id, environment: null });
        tx.emit({ kind: 'selection', subject: id, environment: null });
        return opened;
      }),
  };
};

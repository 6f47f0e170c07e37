import {
  AppError,
  bulkRequestSchema,
  isBulkOver,
  type BulkClassification,
  type BulkPatch,
  type BulkRequest,
} from '@graft/contracts';
import { v7 as uuid } from 'uuid';
import type { Database, Transaction } from '../db/database.js';
import type { BulkFilter, NewBulk } from '../repositories/bulk-classifications.js';
import { checkBulkPatch, checkPlaces, isSameBulk, placeIsTaken } from '../rules/bulk-state.js';
import { noSuch, noSuchVersion } from '../rules/not-found.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { findVariant, servableOf } from '../rules/servable.js';

type Form = Pick<NewBulk, 'version' | 'variant' | 'artifactDigest'>;

export const bulkClassificationService = (db: Database) => {
  const find = async (tx: Pick<Transaction, 'bulkClassifications'>, id: string): Promise<BulkClassification> => {
    const found = await tx.bulkClassifications.get(id);
    if (found === null) throw noSuch('bulk classification', id);
    return found;
  };
  const changed = (tx: Transaction, bulk: BulkClassification): BulkClassification => {
    tx.emit({ kind: 'bulk_classification', subject: bulk.id, environment: null });
    return bulk;
  };

  /** @throws AppError `not_found` for a model, version or form that there isn't, `refused` where nothing serves */
  const formOf = async (
    tx: Transaction,
    model: string,
    { version: asked, variant, environment }: ReturnType<typeof bulkRequestSchema.parse>,
  ): Promise<Form> => {
    const row = await tx.models.get(model);
    if (row === null) throw noSuch('model', model, await tx.models.names());
    const serving = asked === null ? await tx.deployments.get(model, environment) : null;
    const number = asked ?? serving?.version;
    if (number === undefined) {
      throw new AppError(
        'refused',
        `nothing of ${model} serves in ${environment}: name the version that is to answer (--model-version), or promote one`,
        { details: { model, environment } },
      );
    }
    const version = await tx.models.getVersion(model, number);
    if (version === null) throw noSuchVersion(model, number, row.latestVersion);
    const form = findVariant(version, variant ?? serving?.variant ?? undefined);
    return { version: number, variant: form.variant, artifactDigest: servableOf(version, form.variant).artifactDigest };
  };

  return {
    /** Which artifact answers is settled here. The same while one is under way is that one; another that would write there is a `conflict`. */
    requestBulk: (by: string, model: string, request: BulkRequest): Promise<BulkClassification> =>
      db.transaction(async (tx) => {
        const asked = bulkRequestSchema.parse(request);
        checkPlaces(asked);
        const { source, target, top } = asked;
        const bulk = { id: uuid(), model, ...(await formOf(tx, model, asked)), source, target, top, by };
        if (await tx.bulkClassifications.create(bulk)) return changed(tx, await find(tx, bulk.id));
        const present = await tx.bulkClassifications.underWay(target);
        if (present === null) throw new AppError('conflict', `what wrote to ${target} has just ended; ask again`);
        if (isSameBulk(present, bulk)) return present;
        throw placeIsTaken(present);
      }),

    getBulk: (id: string): Promise<BulkClassification> => find(db, id),

    listBulks: (filter: BulkFilter, page: PageAsk<MomentKey>): Promise<BulkClassification[]> =>
      db.bulkClassifications.list(filter, page),

    patchBulk: (id: string, patch: BulkPatch): Promise<BulkClassification> =>
      db.transaction(async (tx) => {
        await tx.bulkClassifications.lock(id);
        const present = await find(tx, id);
        if (checkBulkPatch(present, patch) === 'same') return present;
        return changed(tx, await tx.bulkClassifications.patch(id, patch));
      }),

    /** What is written stays. One that has ended otherwise stays as it is. */
    cancelBulk: (id: string): Promise<BulkClassification> =>
      db.transaction(async (tx) => {
        await tx.bulkClassifications.lock(id);
        const present = await find(tx, id);
        if (isBulkOver(present)) return present;
        return changed(tx, await tx.bulkClassifications.patch(id, { state: 'cancelled' }));
      }),
  };
};

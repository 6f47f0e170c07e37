import { AppError, describeFreezeScope, type Freeze, type FreezeScope } from '@graft/contracts';
import type { Database, Transaction } from '../db/database.js';
import type { FreezeAct } from '../rules/freeze.js';
import { noSuch } from '../rules/not-found.js';
import type { PageAsk } from '../rules/page.js';

const checkModel = async (tx: Transaction, { model }: FreezeScope): Promise<void> => {
  if (model !== null && (await tx.models.get(model)) === null) throw noSuch('model', model, await tx.models.names());
};

const isThere =
  ({ model, environment }: FreezeScope) =>
  (freeze: Freeze): boolean =>
    freeze.model === model && freeze.environment === environment;

export const freezeService = (db: Database) => ({
  /** Nothing is promoted there any more once this has returned. Again: the freeze that holds, as it was first made. */
  freeze: (scope: FreezeScope, act: FreezeAct): Promise<Freeze> =>
    db.transaction(async (tx) => {
      const holding = await tx.freezes.lock('alone');
      await checkModel(tx, scope);
      return holding.find(isThere(scope)) ?? tx.freezes.create(scope, act);
    }),

  /** @throws AppError `not_found` where none holds in just this place, naming those that hold elsewhere. */
  unfreeze: (scope: FreezeScope, act: FreezeAct): Promise<Freeze> =>
    db.transaction(async (tx) => {
      const freezes = await tx.freezes.lock('alone');
      await checkModel(tx, scope);
      const ended = await tx.freezes.end(scope, act);
      if (ended !== null) return ended;
      const holding = freezes.map(describeFreezeScope);
      throw new AppError(
        'not_found',
        `${describeFreezeScope(scope)} is not frozen${holding.length === 0 ? '; nothing is' : `; what is: ${holding.join(', ')}`}`,
        { details: { ...scope, holding } },
      );
    }),

  listFreezes: (filter: { holding: boolean }, page: PageAsk<string>): Promise<{ id: string; freeze: Freeze }[]> =>
    db.freezes.page(filter, page),
});

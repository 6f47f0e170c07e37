import { AppError, modelOf, type Model } from '@graft/contracts';
import type { Database, Transaction } from '../db/database.js';
import { noSuch } from '../rules/not-found.js';
import { lockModel } from './lock-model.js';

/** A pipeline that goes on would register its next version under the old name, as the first of a new model. */
const checkPipelines = async (tx: Transaction, name: string): Promise<void> => {
  const versions = await tx.pipelines.listLatest({});
  const feeding = versions.filter(({ enabled, pipeline }) => enabled && modelOf(pipeline) === name);
  if (feeding.length === 0) return;
  const names = feeding.map((one) => one.name);
  throw new AppError(
    'refused',
    `${name} gets its versions from ${names.join(', ')}: disable that first, rename, then apply it with the new name as its model and enable it`,
    { details: { model: name, pipelines: names } },
  );
};

export const renameService = (db: Database, models: { getModel(name: string): Promise<Model> }) => ({
  /**
   * Gives a model another name. Versions, reviews, deployments and aliases follow; rows of the ledger keep in their bodies the name
   * that they were written under. The same again is no change.
   * @throws AppError `not_found`, `conflict` where the name is taken, `refused` while an enabled pipeline makes its versions.
   */
  renameModel: async (name: string, to: string): Promise<Model> => {
    await db.transaction(async (tx) => {
      const environments = await lockModel(tx, name);
      if ((await tx.models.get(name)) === null) throw noSuch('model', name, await tx.models.names());
      if (name === to) return;
      if ((await tx.models.get(to)) !== null) {
        throw new AppError('conflict', `there is a model ${to} already: ${name} can't be renamed to it`, {
          details: { model: name, to },
        });
      }
      await checkPipelines(tx, name);
      await tx.models.rename(name, to);
      for (const environment of environments) tx.emit({ kind: 'deployment', subject: to, environment });
    });
    return models.getModel(to);
  },
});

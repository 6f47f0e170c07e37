import { AppError } from '@graft/contracts';
import { v7 as uuid } from 'uuid';
import type { Database } from '../db/database.js';
import type { CatalogueModel, CatalogueVersion, Tag } from '../repositories/catalogue.js';
import { alreadyExists, invalidParameter, invalidState } from '../rules/mlflow-error.js';
import { isPrompt, MODEL_FILTER, parseFilter, splitPrompts } from '../rules/mlflow-filter.js';
import {
  checkModelName,
  checkNewModelName,
  checkServableName,
  checkTag,
  checkTagKey,
  missingValue,
  parseStage,
  STAGES,
} from '../rules/mlflow-names.js';
import { parseModelOrder, parsePageToken, toPageToken } from '../rules/mlflow-order.js';
import type { CatalogueRules } from './catalogue-options.js';
import { findModel, withAliases, type AliasedVersion } from './catalogue-lookup.js';
import { lockModel } from './lock-model.js';

export interface StagedModel extends CatalogueModel {
  /** The newest in each stage. */
  readonly latest: readonly CatalogueVersion[];
}

export interface Search {
  readonly filter: string;
  readonly maxResults: number;
  readonly orderBy: readonly string[];
  readonly pageToken: string;
}

export interface Found<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string | null;
}

/** The last of those with the same key counts. */
export const lastOfEach = (tags: readonly Tag[]): Tag[] => [...new Map(tags.map((tag) => [tag.key, tag])).values()];

/** One more than was asked for was read, to know whether there are more. */
export const toFound = <T>(
  read: readonly T[],
  { offset, maxResults }: { offset: number; maxResults: number },
): Found<T> => ({
  items: read.slice(0, maxResults),
  nextPageToken: read.length > maxResults ? toPageToken(offset + maxResults) : null,
});

const taken = (name: string, isOld: boolean, isNew: boolean): Error => {
  const word = (prompt: boolean): string => (prompt ? 'Prompt' : 'Registered Model');
  if (isOld === isNew) return alreadyExists(`${word(isNew)} (name=${name}) already exists.`);
  return alreadyExists(
    `Tried to create a ${word(isNew).toLowerCase()} with name '${name}', but the name is already taken by a ${word(isOld).toLowerCase()}. MLflow does not allow creating a model and a prompt with the same name.`,
  );
};

export const catalogueModels = (db: Database, rules: Pick<CatalogueRules, 'renameModel'>) => {
  const staged = async (model: CatalogueModel): Promise<StagedModel> => ({
    ...model,
    latest: await db.catalogue.latestByStage([model.name]),
  });
  const getModel = async (name: string): Promise<StagedModel> => staged(await findModel(db, name));

  return {
    getModel,

    createModel: async (name: string, model: { description: string; tags: readonly Tag[] }): Promise<StagedModel> => {
      checkNewModelName(name);
      for (const tag of model.tags) checkTag(tag);
      const tags = lastOfEach(model.tags);
      if (!(await db.transaction((tx) => tx.catalogue.createModel(name, { ...model, tags })))) {
        const existing = await db.catalogue.getModel(name);
        throw taken(name, isPrompt(existing?.tags ?? []), isPrompt(tags));
      }
      return getModel(name);
    },

    updateModel: async (name: string, description: string): Promise<StagedModel> => {
      await findModel(db, name);
      await db.catalogue.describeModel(name, description);
      return getModel(name);
    },

    /** @throws MlflowError RESOURCE_ALREADY_EXISTS; AppError `refused` while a pipeline makes its versions. */
    renameModel: async (name: string, to: string): Promise<StagedModel> => {
      if (to.trim() === '') throw invalidParameter(missingValue('new_name'));
      checkNewModelName(to);
      await findModel(db, name);
      if (name !== to && (await db.catalogue.hasOwnVersions(name))) checkServableName(to);
      try {
        await rules.renameModel(name, to);
      } catch (thrown) {
        if (!(thrown instanceof AppError) || thrown.code !== 'conflict') throw thrown;
        throw alreadyExists(`Registered Model (name=${to}) already exists.`);
      }
      return getModel(to);
    },

    /** Hides it; its name is free then. @throws MlflowError INVALID_STATE where the ledger tells of it. */
    deleteModel: async (name: string): Promise<void> => {
      await findModel(db, name);
      await db.transaction(async (tx) => {
        await lockModel(tx, name);
        await findModel(tx, name);
        if (await tx.catalogue.isInLedger(name)) {
          throw invalidState(
            `${name} can't be deleted: the ledger tells what was served of it, and a ledger loses nothing. Rename it if it is in the way.`,
          );
        }
        await tx.catalogue.hideModel(name, `${name}~${uuid()}`);
      });
    },

    searchModels: async ({ filter, maxResults, orderBy, pageToken }: Search): Promise<Found<StagedModel>> => {
      if (maxResults < 0) {
        throw invalidParameter(`Invalid value for max_results. It must be a positive integer, but got ${maxResults}`);
      }
      const asked = splitPrompts(parseFilter(filter, MODEL_FILTER));
      const order = parseModelOrder(orderBy);
      const offset = parsePageToken(pageToken);
      const read = await db.catalogue.searchModels({ ...asked, order, offset, limit: maxResults + 1 });
      const { items, nextPageToken } = toFound(read, { offset, maxResults });
      const ofModel = new Map<string, CatalogueVersion[]>(items.map(({ name }) => [name, []]));
      for (const one of await db.catalogue.latestByStage([...ofModel.keys()])) ofModel.get(one.model)?.push(one);
      // As MLflow's search has them, other than its answer for one model.
      const byStage = (a: CatalogueVersion, b: CatalogueVersion): number => (a.stage < b.stage ? -1 : 1);
      return {
        items: items.map((model) => ({ ...model, latest: (ofModel.get(model.name) ?? []).sort(byStage) })),
        nextPageToken,
      };
    },

    /** @param stages empty: all of them */
    latestVersions: async (name: string, stages: readonly string[]): Promise<AliasedVersion[]> => {
      const model = await findModel(db, name);
      const wanted: readonly string[] = stages.length === 0 ? STAGES : stages.map(parseStage);
      const latest = await db.catalogue.latestByStage([name]);
      return latest.filter(({ stage }) => wanted.includes(stage)).map((version) => withAliases(model, version));
    },

    setModelTag: async (name: string, tag: Tag): Promise<void> => {
      checkModelName(name);
      checkTag(tag);
      await findModel(db, name);
      await db.catalogue.setModelTag(name, tag);
    },

    deleteModelTag: async (name: string, key: string): Promise<void> => {
      checkModelName(name);
      checkTagKey(key);
      await findModel(db, name);
      await db.catalogue.deleteModelTag(name, key);
    },
  };
};

import type { Database, Transaction } from '../db/database.js';
import type { Repositories } from '../repositories/index.js';
import type { CatalogueVersion, Tag } from '../repositories/catalogue.js';
import { doesNotExist, invalidParameter, invalidState, MlflowError } from '../rules/mlflow-error.js';
import { isPrompt, parseFilter, splitPrompts, VERSION_FILTER } from '../rules/mlflow-filter.js';
import {
  checkModelName,
  checkTag,
  checkTagKey,
  checkVersionTagKey,
  parseStage,
  parseVersionNumber,
} from '../rules/mlflow-names.js';
import { parsePageToken, parseVersionOrder } from '../rules/mlflow-order.js';
import {
  checkPromptSource,
  checkSource,
  isModelsUri,
  parseModelsUri,
  type SourceClaim,
} from '../rules/mlflow-source.js';
import type { CatalogueOptions } from './catalogue-options.js';
import { findAliased, findModel, findVersion, type AliasedVersion, type VersionName } from './catalogue-lookup.js';
import { lastOfEach, toFound, type Found, type Search } from './catalogue-models.js';
import { lockModel } from './lock-model.js';

/** A version that a client registers. Null: it said nothing of it. */
export interface NewCatalogueVersion {
  readonly name: string;
  readonly source: string;
  readonly runId: string | null;
  readonly modelId: string | null;
  readonly runLink: string;
  readonly description: string;
  readonly tags: readonly Tag[];
}

const ACTIVE_STAGES = ['Staging', 'Production'];

/** The version that `models:/…` means now; null where it names a logged model. */
const referenced = async (db: Repositories, source: string): Promise<CatalogueVersion | null> => {
  const reference = parseModelsUri(source);
  if (reference.kind === 'id') return null;
  const model = await findModel(db, reference.name);
  if (isPrompt(model.tags)) {
    throw invalidParameter(
      `Invalid model version source: '${source}'. Prompt versions cannot be used as model version sources.`,
    );
  }
  if (reference.kind === 'version') return findVersion(db, reference);
  if (reference.kind === 'alias') {
    const alias = model.aliases.find((one) => one.alias === reference.alias);
    if (alias === undefined) throw invalidParameter(`Registered model alias ${reference.alias} not found.`);
    return findVersion(db, { name: model.name, version: String(alias.version) });
  }
  const stage = reference.stage === null ? null : parseStage(reference.stage);
  const latest = (await db.catalogue.latestByStage([model.name])).filter(
    (one) => stage === null || one.stage === stage,
  );
  const newest = latest.toSorted((a, b) => b.version - a.version)[0];
  if (newest !== undefined) return newest;
  throw doesNotExist(
    `No versions of model with name '${model.name}'${stage === null ? '' : ` and stage '${stage}'`} found`,
  );
};

export const catalogueVersions = (db: Database, { artifactsBucket }: CatalogueOptions) => {
  const sourcePrefix = artifactsBucket === null ? 'graft:/' : `s3://${artifactsBucket}/`;
  /** Ours as addresses of their artifact. */
  const shown = <T extends CatalogueVersion>(version: T): T => {
    if (version.kind === 'external') return version;
    const digest = version.source.slice('sha256:'.length);
    return { ...version, source: `${sourcePrefix}sha256/${digest.slice(0, 2)}/${digest}` };
  };

  /** A version of a version is its source's, run and bytes. */
  const resolve = async (asked: NewCatalogueVersion): Promise<SourceClaim & { location: string | null }> => {
    const { source, runId, modelId } = asked;
    const claim = { source, runId: runId ?? '', modelId: modelId ?? '', location: null };
    if (!isModelsUri(source)) return claim;
    const found = await referenced(db, source);
    if (found === null) return claim;
    const original = shown(found);
    if ((runId !== null && runId !== (original.runId ?? '')) || (modelId !== null && modelId !== '')) {
      throw invalidParameter(
        `Invalid model version source: '${source}'. The run_id and model_id request parameters must match the referenced model version.`,
      );
    }
    return {
      ...claim,
      source: `models:/${original.model}/${original.version}`,
      runId: original.runId ?? '',
      location: original.location ?? original.source,
    };
  };

  const lockVersion = async (tx: Transaction, asked: VersionName): Promise<CatalogueVersion> => {
    await tx.models.lock(asked.name);
    return findVersion(tx, asked);
  };

  const getVersion = async (asked: VersionName): Promise<AliasedVersion> => shown(await findAliased(db, asked));

  return {
    getVersion,

    /** Kept as external: found, tagged and aliased like any other, and served by nobody here. */
    createVersion: async (asked: NewCatalogueVersion): Promise<AliasedVersion> => {
      const { name, runLink, description } = asked;
      const tags = lastOfEach(asked.tags);
      const claim = isPrompt(tags)
        ? { source: asked.source, runId: asked.runId ?? '', modelId: '', location: null }
        : await resolve(asked);
      if (isPrompt(tags)) checkPromptSource(asked.source);
      else checkSource(claim);
      checkModelName(name);
      for (const tag of tags) {
        checkTag(tag);
        checkVersionTagKey(tag.key);
      }
      const number = await db.transaction(async (tx) => {
        await tx.models.lock(name);
        await findModel(tx, name);
        const { source, location, runId } = claim;
        return tx.catalogue.createVersion(name, { source, location, runId, runLink, description, tags });
      });
      return getVersion({ name, version: String(number) });
    },

    /** @param description null: none */
    updateVersion: async (asked: VersionName, description: string | null): Promise<AliasedVersion> => {
      const { model, version } = await findVersion(db, asked);
      await db.catalogue.describeVersion(model, version, description);
      return getVersion(asked);
    },

    /** A label that nothing looks at: what is served is said by `champion`. */
    setStage: async (asked: VersionName & { stage: string; archive: boolean }): Promise<AliasedVersion> => {
      const stage = parseStage(asked.stage);
      if (asked.archive && !ACTIVE_STAGES.includes(stage)) {
        throw new MlflowError(
          'INTERNAL_ERROR',
          `Model version transition cannot archive existing model versions because '${asked.stage}' is not an Active stage. Valid stages are ['${ACTIVE_STAGES.join("', '")}']`,
        );
      }
      await db.transaction(async (tx) => {
        const { model, version } = await lockVersion(tx, asked);
        if (asked.archive) await tx.catalogue.archiveOthers(model, version, stage);
        await tx.catalogue.setStage(model, version, stage);
        await tx.catalogue.touchModel(model);
      });
      return getVersion(asked);
    },

    /** Hides it, and its number isn't given again. @throws MlflowError INVALID_STATE where the ledger tells of it. */
    deleteVersion: async (asked: VersionName): Promise<void> => {
      await findVersion(db, asked);
      await db.transaction(async (tx) => {
        await lockModel(tx, asked.name);
        const { model, version } = await lockVersion(tx, asked);
        if (await tx.catalogue.isInLedger(model, version)) {
          throw invalidState(
            `version ${version} of ${model} can't be deleted: the ledger tells that it was served, and a ledger loses nothing`,
          );
        }
        await tx.catalogue.hideVersion(model, version);
        await tx.catalogue.touchModel(model);
      });
    },

    downloadUri: async (asked: VersionName): Promise<string> => {
      const { location, source } = shown(await findVersion(db, asked));
      return location ?? source;
    },

    searchVersions: async ({ filter, maxResults, orderBy, pageToken }: Search): Promise<Found<CatalogueVersion>> => {
      if (maxResults < 1) {
        throw invalidParameter(`Invalid value for max_results. It must be a positive integer, but got ${maxResults}`);
      }
      const asked = splitPrompts(parseFilter(filter, VERSION_FILTER));
      const order = parseVersionOrder(orderBy);
      const offset = parsePageToken(pageToken);
      const page = { ...asked, order, offset, limit: maxResults + 1 };
      const read = await db.catalogue.searchVersions(page, sourcePrefix);
      return toFound(read.map(shown), { offset, maxResults });
    },

    setVersionTag: async (asked: VersionName, tag: Tag): Promise<void> => {
      checkModelName(asked.name);
      parseVersionNumber(asked.version);
      checkTag(tag);
      checkVersionTagKey(tag.key);
      await db.transaction(async (tx) => {
        const { model, version } = await lockVersion(tx, asked);
        await tx.catalogue.setVersionTag(model, version, tag);
      });
    },

    deleteVersionTag: async (asked: VersionName, key: string): Promise<void> => {
      checkModelName(asked.name);
      parseVersionNumber(asked.version);
      checkTagKey(key);
      const { model, version } = await findVersion(db, asked);
      checkVersionTagKey(key);
      await db.catalogue.deleteVersionTag(model, version, key);
    },
  };
};

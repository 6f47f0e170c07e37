/** Aliases. One of them, `champion`, is what production serves: the ledger says it, and a promotion moves it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Promotion } from '@graft/contracts';
import type { Database } from '../db/database.js';
import type { CatalogueVersion } from '../repositories/catalogue.js';
import { DEFAULT_ENVIRONMENT } from '../rules/default-environment.js';
import { doesNotExist, invalidParameter, invalidState, MlflowError } from '../rules/mlflow-error.js';
import {
  CHAMPION,
  checkAlias,
  checkModelName,
  checkNewAlias,
  isLatest,
  parseVersionNumber,
} from '../rules/mlflow-names.js';
import { ACCESS, mayCall, type Principal } from '../rules/roles.js';
import type { CatalogueOptions, CatalogueRules } from './catalogue-options.js';
import { findModel, findVersion, type AliasedVersion, type VersionName } from './catalogue-lookup.js';
import { catalogueVersions } from './catalogue-versions.js';

const DEFAULT_WAIT_MS = 20_000;
const POLL_MS = 100;

type Promoting = Pick<CatalogueRules, 'requestPromotion' | 'getPromotion'>;

export const catalogueAliases = (db: Database, rules: Promoting, options: CatalogueOptions) => {
  const { getVersion } = catalogueVersions(db, options);
  const waitMs = options.promotionWaitMs ?? DEFAULT_WAIT_MS;

  const committed = async (asked: Promotion): Promise<void> => {
    const deadline = performance.now() + waitMs;
    let promotion = asked;
    while (promotion.state === 'requested' || promotion.state === 'preparing') {
      if (performance.now() > deadline) {
        const { id, model, version, state } = promotion;
        throw new MlflowError(
          'TEMPORARILY_UNAVAILABLE',
          `version ${version} of ${model} isn't ${CHAMPION} yet: promotion ${id} is ${state} after ${waitMs / 1000} s, and stays so until the orchestrator carries it out`,
        );
      }
      await sleep(POLL_MS);
      promotion = await rules.getPromotion(promotion.id);
    }
    if (promotion.state !== 'failed') return;
    const { model, version, error } = promotion;
    throw invalidState(`version ${version} of ${model} wasn't promoted: ${error?.message ?? 'its promotion failed'}`);
  };

  const promote = async (
    { name, role }: Principal,
    { model, version, kind, source }: CatalogueVersion,
  ): Promise<void> => {
    if (!mayCall(role, 'requestPromotion')) {
      throw new MlflowError(
        'PERMISSION_DENIED',
        `setting the alias ${CHAMPION} promotes, which is for ${ACCESS.requestPromotion.join(', ')}; the token "${name}" is of role ${role}`,
      );
    }
    const current = await db.deployments.get(model, DEFAULT_ENVIRONMENT);
    if (current?.version === version) return;
    if (kind === 'external') {
      throw invalidState(
        `version ${version} of ${model} is external (${source}), and ${CHAMPION} is what ${DEFAULT_ENVIRONMENT} serves: versions that Graft made are served alone; give it another alias`,
      );
    }
    const reason = `alias ${CHAMPION} set through MLflow's API by ${name}`;
    const expectedGeneration = current?.generation ?? 0;
    await committed(
      await rules.requestPromotion(model, name, {
        version,
        environment: DEFAULT_ENVIRONMENT,
        expectedGeneration,
        skipStages: false,
        reason,
      }),
    );
  };

  return {
    setAlias: async (principal: Principal, asked: VersionName & { alias: string }): Promise<void> => {
      const { name, alias, version } = asked;
      checkModelName(name);
      checkNewAlias(alias);
      parseVersionNumber(version);
      if (alias === CHAMPION) {
        await promote(principal, await findVersion(db, asked));
        return;
      }
      await db.transaction(async (tx) => {
        await tx.models.lock(name);
        const found = await findVersion(tx, asked);
        await tx.catalogue.setAlias(found.model, alias, found.version);
      });
    },

    deleteAlias: async (name: string, alias: string): Promise<void> => {
      checkModelName(name);
      checkAlias(alias);
      const { aliases } = await findModel(db, name);
      if (alias === CHAMPION && aliases.some((one) => one.alias === CHAMPION)) {
        throw invalidState(
          `${CHAMPION} of ${name} can't be deleted: it is what ${DEFAULT_ENVIRONMENT} serves. Set it to another version, or roll back.`,
        );
      }
      await db.catalogue.deleteAlias(name, alias);
    },

    getByAlias: async (name: string, alias: string): Promise<AliasedVersion> => {
      checkModelName(name);
      checkAlias(alias);
      const { aliases } = await findModel(db, name);
      if (isLatest(alias)) {
        const numbers = (await db.catalogue.latestByStage([name])).map(({ version }) => version);
        if (numbers.length === 0) throw doesNotExist(`Latest version not found for model ${name}.`);
        return getVersion({ name, version: String(Math.max(...numbers)) });
      }
      const found = aliases.find((one) => one.alias === alias);
      if (found === undefined) throw invalidParameter(`Registered model alias ${alias} not found.`);
      return getVersion({ name, version: String(found.version) });
    },
  };
};

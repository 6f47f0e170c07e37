/** What is there, or MLflow's word that it isn't. */
import type { Repositories } from '../repositories/index.js';
import type { CatalogueModel, CatalogueVersion } from '../repositories/catalogue.js';
import { doesNotExist } from '../rules/mlflow-error.js';
import { checkModelName, parseVersionNumber } from '../rules/mlflow-names.js';

/** One version, as a request names it. */
export interface VersionName {
  readonly name: string;
  /** A number, as text. */
  readonly version: string;
}

/** A version with the aliases that name it. */
export interface AliasedVersion extends CatalogueVersion {
  readonly aliases: readonly string[];
}

/** @throws MlflowError INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST. */
export const findModel = async (db: Repositories, name: string): Promise<CatalogueModel> => {
  checkModelName(name);
  const model = await db.catalogue.getModel(name);
  if (model === null) throw doesNotExist(`Registered Model with name=${name} not found`);
  return model;
};

/** @throws as findModel. */
export const findVersion = async (db: Repositories, { name, version }: VersionName): Promise<CatalogueVersion> => {
  checkModelName(name);
  const number = parseVersionNumber(version);
  const found = await db.catalogue.getVersion(name, number);
  if (found !== null) return found;
  throw doesNotExist(`Model Version (name=${name}, version=${number === -1 ? version.trim() : number}) not found`);
};

export const withAliases = ({ aliases }: CatalogueModel, version: CatalogueVersion): AliasedVersion => ({
  ...version,
  aliases: aliases.filter((one) => one.version === version.version).map(({ alias }) => alias),
});

/** @throws as findModel. */
export const findAliased = async (db: Repositories, asked: VersionName): Promise<AliasedVersion> => {
  const version = await findVersion(db, asked);
  return withAliases(await findModel(db, asked.name), version);
};

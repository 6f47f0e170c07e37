/** Models and their versions as MLflow's clients know them: services/catalogue-*.ts, one for each part. */
import type { Model, Promotion } from '@graft/contracts';
import type { Database } from '../db/database.js';
import { catalogueAliases } from './catalogue-aliases.js';
import { catalogueModels } from './catalogue-models.js';
import { catalogueVersions } from './catalogue-versions.js';

export interface CatalogueOptions {
  /** The bucket where artifacts are; null where the registry wasn't told of one. */
  readonly artifactsBucket: string | null;
  /** How long setting `champion` waits for its promotion; default 20 s. */
  readonly promotionWaitMs?: number | undefined;
}

/** What the catalogue asks of the other services. */
export interface CatalogueRules {
  renameModel(name: string, to: string): Promise<Model>;
  requestPromotion(
    model: string,
    by: string,
    asked: { version: number; environment: string; expectedGeneration: number; skipStages: boolean; reason: string },
  ): Promise<Promotion>;
  getPromotion(id: string): Promise<Promotion>;
}

export const catalogueService = (db: Database, rules: CatalogueRules, options: CatalogueOptions) => ({
  ...catalogueModels(db, rules),
  ...catalogueVersions(db, options),
  ...catalogueAliases(db, rules, options),
});
export type Catalogue = ReturnType<typeof catalogueService>;

/** Models and their versions as MLflow's clients know them: services/catalogue-*.ts, one for each part. */
import type { Database } from '../db/database.js';
import { catalogueAliases } from './catalogue-aliases.js';
import { catalogueModels } from './catalogue-models.js';
import type { CatalogueOptions, CatalogueRules } from './catalogue-options.js';
import { catalogueVersions } from './catalogue-versions.js';

export const catalogueService = (db: Database, rules: CatalogueRules, options: CatalogueOptions) => ({
  ...catalogueModels(db, rules),
  ...catalogueVersions(db, options),
  ...catalogueAliases(db, rules, options),
});
export type Catalogue = ReturnType<typeof catalogueService>;

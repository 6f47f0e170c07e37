/** Rows as MLflow's messages (model_registry.proto): fields that are unset are absent, times are numbers of milliseconds. */
import type { CatalogueVersion, Tag } from '../../repositories/catalogue.js';
import type { StagedModel } from '../../services/catalogue-models.js';

type Message = Record<string, unknown>;

/** An empty list is no field. */
const filled = (name: string, list: readonly unknown[]): Message => (list.length === 0 ? {} : { [name]: list });
const present = (name: string, value: string | null): Message => (value === null ? {} : { [name]: value });
const toTags = (tags: readonly Tag[]): Message => filled('tags', tags);

/** Aliases are told where one version is asked for: a search leaves them out, as MLflow's does. */
export const toVersionMessage = (version: CatalogueVersion & { readonly aliases?: readonly string[] }): Message => ({
  name: version.model,
  version: String(version.version),
  creation_timestamp: version.createdAt.getTime(),
  last_updated_timestamp: version.updatedAt.getTime(),
  current_stage: version.stage,
  ...present('description', version.description),
  source: version.source,
  ...present('run_id', version.runId),
  status: 'READY',
  ...toTags(version.tags),
  ...present('run_link', version.runLink),
  ...filled('aliases', version.aliases ?? []),
});

export const toModelMessage = (model: StagedModel): Message => ({
  name: model.name,
  creation_timestamp: model.createdAt.getTime(),
  last_updated_timestamp: model.updatedAt.getTime(),
  ...(model.description === '' ? {} : { description: model.description }),
  ...filled('latest_versions', model.latest.map(toVersionMessage)),
  ...toTags(model.tags),
  ...filled(
    'aliases',
    model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
  ),
});

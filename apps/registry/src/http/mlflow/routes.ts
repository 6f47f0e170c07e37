/** MLflow's model registry API, over the same models and versions as /v1. See docs/mlflow.md. */
import type { FastifyRequest } from 'fastify';
import type { Operation } from '../../rules/roles.js';
import type { Catalogue } from '../../services/catalogue.js';
import type { App } from '../app-types.js';
import { principalOf } from '../principal.js';
import { handleMlflowErrors } from './errors.js';
import { Parameters } from './parameters.js';
import { toModelMessage, toVersionMessage } from './shapes.js';

export const MLFLOW_PREFIX = '/api/2.0/mlflow';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
type Handler = (asked: Parameters, request: FastifyRequest) => Promise<Record<string, unknown>>;
type Route = readonly [Method, string, Operation, Handler];

const MOST_MODELS = 1_000;
const DEFAULT_MODELS = 100;
const MOST_VERSIONS = 200_000;

const ofVersion = (asked: Parameters): { name: string; version: string } => ({
  name: asked.required('name'),
  version: asked.required('version'),
});
const tagOf = (asked: Parameters): { key: string; value: string } => ({
  key: asked.required('key'),
  value: asked.text('value'),
});
const searchOf = (asked: Parameters, bounds: { preset: number; most: number }) => ({
  filter: asked.text('filter'),
  maxResults: asked.number('max_results', bounds),
  orderBy: asked.list('order_by'),
  pageToken: asked.text('page_token'),
});
const pageOf = (name: string, items: readonly unknown[], nextPageToken: string | null): Record<string, unknown> => ({
  ...(items.length === 0 ? {} : { [name]: items }),
  ...(nextPageToken === null ? {} : { next_page_token: nextPageToken }),
});

const modelRoutes = (catalogue: Catalogue): Route[] => {
  const latestVersions: Handler = async (asked) => {
    const found = await catalogue.latestVersions(asked.required('name'), asked.list('stages'));
    return pageOf('model_versions', found.map(toVersionMessage), null);
  };
  return [
    [
      'POST',
      '/registered-models/create',
      'mlflowCreateModel',
      async (asked) => {
        const model = { description: asked.text('description'), tags: asked.tags() };
        return { registered_model: toModelMessage(await catalogue.createModel(asked.required('name'), model)) };
      },
    ],
    [
      'GET',
      '/registered-models/get',
      'mlflowGetModel',
      async (asked) => ({
        registered_model: toModelMessage(await catalogue.getModel(asked.required('name'))),
      }),
    ],
    [
      'GET',
      '/registered-models/search',
      'mlflowSearchModels',
      async (asked) => {
        const search = searchOf(asked, { preset: DEFAULT_MODELS, most: MOST_MODELS });
        const { items, nextPageToken } = await catalogue.searchModels(search);
        return pageOf('registered_models', items.map(toModelMessage), nextPageToken);
      },
    ],
    [
      'PATCH',
      '/registered-models/update',
      'mlflowUpdateModel',
      async (asked) => {
        const model = await catalogue.updateModel(asked.required('name'), asked.text('description'));
        return { registered_model: toModelMessage(model) };
      },
    ],
    [
      'POST',
      '/registered-models/rename',
      'mlflowRenameModel',
      async (asked) => {
        const model = await catalogue.renameModel(asked.required('name'), asked.required('new_name'));
        return { registered_model: toModelMessage(model) };
      },
    ],
    [
      'DELETE',
      '/registered-models/delete',
      'mlflowDeleteModel',
      async (asked) => {
        await catalogue.deleteModel(asked.required('name'));
        return {};
      },
    ],
    ['GET', '/registered-models/get-latest-versions', 'mlflowGetLatestVersions', latestVersions],
    ['POST', '/registered-models/get-latest-versions', 'mlflowPostLatestVersions', latestVersions],
    [
      'POST',
      '/registered-models/set-tag',
      'mlflowSetModelTag',
      async (asked) => {
        await catalogue.setModelTag(asked.required('name'), tagOf(asked));
        return {};
      },
    ],
    [
      'DELETE',
      '/registered-models/delete-tag',
      'mlflowDeleteModelTag',
      async (asked) => {
        await catalogue.deleteModelTag(asked.required('name'), asked.required('key'));
        return {};
      },
    ],
    [
      'POST',
      '/registered-models/alias',
      'mlflowSetAlias',
      async (asked, request) => {
        await catalogue.setAlias(principalOf(request), { ...ofVersion(asked), alias: asked.required('alias') });
        return {};
      },
    ],
    [
      'DELETE',
      '/registered-models/alias',
      'mlflowDeleteAlias',
      async (asked) => {
        await catalogue.deleteAlias(asked.required('name'), asked.required('alias'));
        return {};
      },
    ],
    [
      'GET',
      '/registered-models/alias',
      'mlflowGetVersionByAlias',
      async (asked) => {
        const version = await catalogue.getByAlias(asked.required('name'), asked.required('alias'));
        return { model_version: toVersionMessage(version) };
      },
    ],
  ];
};

const versionRoutes = (catalogue: Catalogue): Route[] => [
  [
    'POST',
    '/model-versions/create',
    'mlflowCreateVersion',
    async (asked) => {
      const version = await catalogue.createVersion({
        name: asked.required('name'),
        source: asked.required('source'),
        runId: asked.optional('run_id'),
        modelId: asked.optional('model_id'),
        runLink: asked.text('run_link'),
        description: asked.text('description'),
        tags: asked.tags(),
      });
      return { model_version: toVersionMessage(version) };
    },
  ],
  [
    'GET',
    '/model-versions/get',
    'mlflowGetVersion',
    async (asked) => ({
      model_version: toVersionMessage(await catalogue.getVersion(ofVersion(asked))),
    }),
  ],
  [
    'GET',
    '/model-versions/search',
    'mlflowSearchVersions',
    async (asked) => {
      const search = searchOf(asked, { preset: MOST_VERSIONS, most: MOST_VERSIONS });
      const { items, nextPageToken } = await catalogue.searchVersions(search);
      return pageOf('model_versions', items.map(toVersionMessage), nextPageToken);
    },
  ],
  [
    'PATCH',
    '/model-versions/update',
    'mlflowUpdateVersion',
    async (asked) => {
      const version = await catalogue.updateVersion(ofVersion(asked), asked.optional('description'));
      return { model_version: toVersionMessage(version) };
    },
  ],
  [
    'POST',
    '/model-versions/transition-stage',
    'mlflowTransitionStage',
    async (asked) => {
      const stage = asked.required('stage');
      const archive = asked.flag('archive_existing_versions');
      return { model_version: toVersionMessage(await catalogue.setStage({ ...ofVersion(asked), stage, archive })) };
    },
  ],
  [
    'DELETE',
    '/model-versions/delete',
    'mlflowDeleteVersion',
    async (asked) => {
      await catalogue.deleteVersion(ofVersion(asked));
      return {};
    },
  ],
  [
    'GET',
    '/model-versions/get-download-uri',
    'mlflowGetDownloadUri',
    async (asked) => ({
      artifact_uri: await catalogue.downloadUri({ name: asked.text('name'), version: asked.text('version') }),
    }),
  ],
  [
    'POST',
    '/model-versions/set-tag',
    'mlflowSetVersionTag',
    async (asked) => {
      await catalogue.setVersionTag(ofVersion(asked), tagOf(asked));
      return {};
    },
  ],
  [
    'DELETE',
    '/model-versions/delete-tag',
    'mlflowDeleteVersionTag',
    async (asked) => {
      await catalogue.deleteVersionTag(ofVersion(asked), asked.required('key'));
      return {};
    },
  ],
];

/** Bodies are checked by MLflow's rules, with its words, by hand: no schema of ours would say the same. */
export const mlflowRoutes = async (app: App, catalogue: Catalogue): Promise<void> => {
  await app.register(
    (scope, _options, done) => {
      handleMlflowErrors(scope);
      for (const [method, url, operationId, handle] of [...modelRoutes(catalogue), ...versionRoutes(catalogue)]) {
        scope.route({
          method,
          url,
          schema: {
            ...{ operationId, tags: ['mlflow'] },
            description: `As MLflow’s own ${MLFLOW_PREFIX}${url}; docs/mlflow.md tells what differs.`,
          },
          handler: (request) => handle(Parameters.of(request), request),
        });
      }
      done();
    },
    { prefix: MLFLOW_PREFIX },
  );
};

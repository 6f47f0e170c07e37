/** What dataset versions hold, what they left out, and what changed between them. */
import {
  datasetCardSchema,
  datasetDiffSchema,
  digestSchema,
  imageChangeSchema,
  imageDiffSchema,
  manifestImageSchema,
  quarantineEntrySchema,
  quarantineReasonSchema,
  splitSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { pageOf, pageQuery, readPage } from '../pages.js';

const tags = ['datasets'];
const one = z.object({ id: idSchema });
const two = z.object({ id: idSchema, other: idSchema });
const named = z.object({ name: idSchema });
const labelQuery = z.string().min(1).max(200).optional();
const sourceQuery = z.string().min(1).max(200).optional();
const quarantineQuery = z.object({ ...pageQuery(), reason: quarantineReasonSchema.optional() });

const imageRoutes = (app: App, services: Services): void => {
  app.get(
    '/v1/dataset-versions/:id/images',
    {
      schema: {
        operationId: 'listDatasetImages',
        description: 'The images of a version, of a label, a split or a source where they are named, by sha256.',
        tags,
        params: one,
        querystring: z.object({
          ...pageQuery(),
          ...{ label: labelQuery, split: splitSchema.optional(), source: sourceQuery },
        }),
        response: answers(pageOf(manifestImageSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: digestSchema,
        list: (page) => {
          const { label, split, source } = request.query;
          return services.listDatasetImages(request.params.id, { ...page, label, split, source });
        },
        keyOf: ({ sha256 }) => sha256,
      }),
  );
  app.get(
    '/v1/dataset-versions/:id/card',
    {
      schema: {
        operationId: 'getDatasetCard',
        description: 'What the images of a version are like, in numbers.',
        tags,
        params: one,
        response: answers(datasetCardSchema),
      },
    },
    ({ params }) => services.getDatasetCard(params.id),
  );
};

const quarantineRoutes = (app: App, services: Services): void => {
  app.get(
    '/v1/dataset-versions/:id/quarantine',
    {
      schema: {
        operationId: 'listVersionQuarantine',
        description: 'What a version left out, and why; by key.',
        tags,
        params: one,
        querystring: quarantineQuery,
        response: answers(pageOf(quarantineEntrySchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.string(),
        list: (page) => services.listVersionQuarantine(request.params.id, { ...page, reason: request.query.reason }),
        keyOf: ({ key }) => key,
      }),
  );
  app.get(
    '/v1/datasets/:name/quarantine',
    {
      schema: {
        operationId: 'listQuarantine',
        description:
          'All that was left out of a dataset up to now, in no version yet what came since the latest; by key.',
        tags,
        params: named,
        querystring: quarantineQuery,
        response: answers(pageOf(quarantineEntrySchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.string(),
        list: (page) => services.listQuarantine(request.params.name, { ...page, reason: request.query.reason }),
        keyOf: ({ key }) => key,
      }),
  );
};

const diffRoutes = (app: App, services: Services): void => {
  app.get(
    '/v1/dataset-versions/:id/diff/:other',
    {
      schema: {
        operationId: 'getDatasetDiff',
        description: 'What changed from version `id` to version `other` of the same dataset, label by label.',
        tags,
        params: two,
        response: answers(datasetDiffSchema),
      },
    },
    ({ params }) => services.getDatasetDiff(params.id, params.other),
  );
  app.get(
    '/v1/dataset-versions/:id/diff/:other/images',
    {
      schema: {
        operationId: 'listChangedImages',
        description: 'The images that changed from version `id` to version `other`, by sha256.',
        tags,
        params: two,
        querystring: z.object({ ...pageQuery(), change: imageChangeSchema.optional(), label: labelQuery }),
        response: answers(pageOf(imageDiffSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: digestSchema,
        list: (page) => {
          const { change, label } = request.query;
          return services.listChangedImages(request.params.id, request.params.other, { ...page, change, label });
        },
        keyOf: ({ sha256 }) => sha256,
      }),
  );
};

export const datasetContentRoutes = (app: App, services: Services): void => {
  imageRoutes(app, services);
  quarantineRoutes(app, services);
  diffRoutes(app, services);
};

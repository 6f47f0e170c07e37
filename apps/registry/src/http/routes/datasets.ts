import {
  datasetPolicySchema,
  datasetSchema,
  datasetVersionSchema,
  nameSchema,
  newDatasetVersionSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { pageOf, pageQuery, readPage } from '../pages.js';

const { shape } = datasetPolicySchema;
/** Without the defaults, which would otherwise reset whatever a request leaves out. */
const policyPatchSchema = z
  .strictObject({
    quietSeconds: shape.quietSeconds.unwrap().optional(),
    maxWaitSeconds: shape.maxWaitSeconds.unwrap().optional(),
    minNewImages: shape.minNewImages.unwrap().optional(),
    minPerLabel: shape.minPerLabel.unwrap().optional(),
    onLeakage: shape.onLeakage.unwrap().optional(),
    testShare: shape.testShare.unwrap().optional(),
    valShare: shape.valShare.unwrap().optional(),
  })
  .meta({ id: 'DatasetPolicyPatch' });

const named = z.object({ name: nameSchema });

export const datasetRoutes = (app: App, services: Services): void => {
  const tags = ['datasets'];
  app.get(
    '/v1/datasets',
    {
      schema: {
        operationId: 'listDatasets',
        description: 'By name.',
        tags,
        querystring: z.object(pageQuery()),
        response: answers(pageOf(datasetSchema)),
      },
    },
    (request) => readPage(request, { key: z.string(), list: services.listDatasets, keyOf: ({ name }) => name }),
  );
  app.get(
    '/v1/datasets/:name',
    {
      schema: {
        operationId: 'getDataset',
        description: 'With its policy and the number of its latest version.',
        tags,
        params: z.object({ name: idSchema }),
        response: answers(datasetSchema),
      },
    },
    ({ params }) => services.getDataset(params.name),
  );
  app.put(
    '/v1/datasets/:name',
    {
      schema: {
        operationId: 'putDataset',
        description: 'Creates a dataset, or changes its policy; fields left out keep their value.',
        tags,
        params: named,
        body: policyPatchSchema,
        response: answers(datasetSchema),
      },
    },
    ({ params, body }) => services.putDataset(params.name, body),
  );
  app.get(
    '/v1/datasets/:name/versions',
    {
      schema: {
        operationId: 'listDatasetVersions',
        description: 'Newest first.',
        tags,
        params: z.object({ name: idSchema }),
        querystring: z.object(pageQuery()),
        response: answers(pageOf(datasetVersionSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.int(),
        list: (page) => services.listDatasetVersions(request.params.name, page),
        keyOf: ({ number }) => number,
      }),
  );
  app.post(
    '/v1/dataset-versions',
    {
      schema: {
        operationId: 'createDatasetVersion',
        description: 'Registers a version; the same id again gives the one that is there.',
        tags,
        body: newDatasetVersionSchema,
        response: answers(datasetVersionSchema),
      },
    },
    ({ body }) => services.createDatasetVersion(body),
  );
  app.get(
    '/v1/dataset-versions/:id',
    {
      schema: {
        operationId: 'getDatasetVersion',
        description: 'By its digest.',
        tags,
        params: z.object({ id: idSchema }),
        response: answers(datasetVersionSchema),
      },
    },
    ({ params }) => services.getDatasetVersion(params.id),
  );
};

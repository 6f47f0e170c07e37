import {
  datasetSchema,
  datasetStorySchema,
  ingestionPatchSchema,
  ingestionSchema,
  newIngestionSchema,
  newWatchStatusSchema,
  watchStatusSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { momentKeyOf } from '../../rules/page.js';
import { answers, idSchema, type App } from '../app-types.js';
import { momentKeySchema, pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

const named = z.object({ name: idSchema });
const watchAnswer = z.object({ watch: watchStatusSchema.nullable() }).meta({ id: 'Watch' });

const pausing = (app: App, services: Services): void => {
  const schema = { tags: ['datasets'], params: named, response: answers(datasetSchema) };
  app.post(
    '/v1/datasets/:name/pause',
    {
      schema: {
        ...schema,
        operationId: 'pauseDataset',
        description: 'Makes no version until it is resumed; what lands stays in the bucket. Again: no change.',
      },
    },
    (request) => services.pauseDataset(principalOf(request).name, request.params.name),
  );
  app.post(
    '/v1/datasets/:name/resume',
    {
      schema: {
        ...schema,
        operationId: 'resumeDataset',
        description: 'Goes on, with all that landed meanwhile. Again: no change.',
      },
    },
    ({ params }) => services.resumeDataset(params.name),
  );
  app.post(
    '/v1/datasets/:name/look',
    {
      schema: {
        ...schema,
        operationId: 'askLook',
        description: 'Asks for a version of what landed now, without the wait for quiet or for more images.',
      },
    },
    ({ params }) => services.askLook(params.name),
  );
};

const watching = (app: App, services: Services): void => {
  const tags = ['datasets'];
  app.get(
    '/v1/datasets/:name/watch',
    {
      schema: {
        operationId: 'getWatch',
        description: 'What its watcher waits for; null where it was never watched.',
        tags,
        params: named,
        response: answers(watchAnswer),
      },
    },
    async ({ params }) => ({ watch: await services.getWatch(params.name) }),
  );
  app.put(
    '/v1/datasets/:name/watch',
    {
      schema: {
        operationId: 'reportWatch',
        description: 'What the dataset’s watcher waits for, told by the orchestrator.',
        tags,
        params: named,
        body: newWatchStatusSchema,
        response: answers(watchAnswer),
      },
    },
    async ({ params, body }) => {
      await services.reportWatch(params.name, body);
      return { watch: await services.getWatch(params.name) };
    },
  );
  app.get(
    '/v1/datasets/:name/why',
    {
      schema: {
        operationId: 'explainDataset',
        description: 'What its watcher waits for, what its last ingestions came to, and why runs did or didn’t start.',
        tags,
        params: named,
        response: answers(datasetStorySchema),
      },
    },
    ({ params }) => services.explainDataset(params.name),
  );
};

const ingestions = (app: App, services: Services): void => {
  const tags = ['datasets'];
  app.get(
    '/v1/datasets/:name/ingestions',
    {
      schema: {
        operationId: 'listIngestions',
        description: 'Newest first.',
        tags,
        params: named,
        querystring: z.object(pageQuery(20)),
        response: answers(pageOf(ingestionSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: momentKeySchema.extend({ id: ingestionSchema.shape.id }),
        list: (page) => services.listIngestions(request.params.name, page),
        keyOf: ({ startedAt, id }) => momentKeyOf({ createdAt: startedAt, id }),
      }),
  );
  app.post(
    '/v1/ingestions',
    {
      schema: {
        operationId: 'openIngestion',
        description: 'The same id again is the ingestion that is there.',
        tags,
        body: newIngestionSchema,
        response: answers(ingestionSchema),
      },
    },
    ({ body }) => services.openIngestion(body),
  );
  app.patch(
    '/v1/ingestions/:id',
    {
      schema: {
        operationId: 'patchIngestion',
        description: 'How far an ingestion is, or how it ended. After its end, that same end alone is taken.',
        tags,
        params: z.object({ id: ingestionSchema.shape.id }),
        body: ingestionPatchSchema,
        response: answers(ingestionSchema),
      },
    },
    ({ params, body }) => services.patchIngestion(params.id, body),
  );
};

export const watchRoutes = (app: App, services: Services): void => {
  pausing(app, services);
  watching(app, services);
  ingestions(app, services);
};

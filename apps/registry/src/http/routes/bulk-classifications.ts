import { bulkClassificationSchema, bulkPatchSchema, bulkRequestSchema, bulkStateSchema } from '@graft/contracts';
import { z } from 'zod';
import { momentKeyOf } from '../../rules/page.js';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { momentKeySchema, pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

const byId = z.object({ id: idSchema });
const tags = ['bulk classifications'];

export const bulkClassificationRoutes = (app: App, services: Services): void => {
  app.post(
    '/v1/models/:model/bulk-classifications',
    {
      schema: {
        operationId: 'requestBulk',
        description:
          'Asks for every image under a prefix to be classified by one version. The same while one is under way is that one.',
        tags,
        params: z.object({ model: idSchema }),
        body: bulkRequestSchema,
        response: answers(bulkClassificationSchema),
      },
    },
    (request) => services.requestBulk(principalOf(request).name, request.params.model, request.body),
  );
  app.get(
    '/v1/bulk-classifications',
    {
      schema: {
        operationId: 'listBulks',
        description: 'Newest first.',
        tags,
        querystring: z.object({ state: bulkStateSchema.optional(), model: idSchema.optional(), ...pageQuery() }),
        response: answers(pageOf(bulkClassificationSchema)),
      },
    },
    (request) => {
      const { state, model } = request.query;
      const filter = { ...(state === undefined ? {} : { state }), ...(model === undefined ? {} : { model }) };
      return readPage(request, {
        key: momentKeySchema,
        list: (page) => services.listBulks(filter, page),
        keyOf: momentKeyOf,
      });
    },
  );
  app.get(
    '/v1/bulk-classifications/:id',
    {
      schema: {
        operationId: 'getBulk',
        description: 'How far it is, and why it failed where it did.',
        tags,
        params: byId,
        response: answers(bulkClassificationSchema),
      },
    },
    ({ params }) => services.getBulk(params.id),
  );
  app.post(
    '/v1/bulk-classifications/:id/cancel',
    {
      schema: {
        operationId: 'cancelBulk',
        description: 'Ends it before its time; what is written stays. Again: no change.',
        tags,
        params: byId,
        response: answers(bulkClassificationSchema),
      },
    },
    ({ params }) => services.cancelBulk(params.id),
  );
  app.patch(
    '/v1/bulk-classifications/:id',
    {
      schema: {
        operationId: 'patchBulk',
        description: 'How far it has come, or how it ended. The same end twice is no change.',
        tags,
        params: byId,
        body: bulkPatchSchema,
        response: answers(bulkClassificationSchema),
      },
    },
    ({ params, body }) => services.patchBulk(params.id, body),
  );
};

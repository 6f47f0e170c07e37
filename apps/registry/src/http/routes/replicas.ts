import {
  classificationSchema,
  classifyRequestSchema,
  desiredStateSchema,
  MOST_IMAGE_CHARACTERS,
  nameSchema,
  replicaReportSchema,
  replicaSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { pageOf, pageQuery, readPage } from '../pages.js';

/** The image, and room for what is around it. */
const CLASSIFY_LIMIT_BYTES = MOST_IMAGE_CHARACTERS + 64 * 1024;

const byId = z.object({ id: idSchema });

export const replicaRoutes = (app: App, services: Services): void => {
  const tags = ['replicas'];
  app.put(
    '/v1/replicas/:id',
    {
      schema: {
        operationId: 'reportReplica',
        description: 'A replica’s lease and acknowledgement; the answer is all it has to know.',
        tags,
        params: byId,
        body: replicaReportSchema,
        response: answers(desiredStateSchema),
      },
    },
    ({ params, body }) => services.reportReplica(params.id, body),
  );
  app.delete(
    '/v1/replicas/:id',
    {
      schema: {
        operationId: 'removeReplica',
        description: 'Ends a lease at once.',
        tags,
        params: byId,
        response: answers(z.object({ removed: z.string() })),
      },
    },
    async ({ params }) => {
      await services.removeReplica(params.id);
      return { removed: params.id };
    },
  );
  app.get(
    '/v1/replicas',
    {
      schema: {
        operationId: 'listReplicas',
        description: 'By id.',
        tags,
        querystring: z.object({ environment: nameSchema.optional(), live: z.stringbool().optional(), ...pageQuery() }),
        response: answers(pageOf(replicaSchema)),
      },
    },
    (request) => {
      const { environment, live } = request.query;
      const filter = { ...(environment === undefined ? {} : { environment }), ...(live === undefined ? {} : { live }) };
      return readPage(request, {
        key: z.string(),
        list: (page) => services.listReplicas(filter, page),
        keyOf: ({ id }) => id,
      });
    },
  );
  app.post(
    '/v1/models/:model/classify',
    {
      bodyLimit: CLASSIFY_LIMIT_BYTES,
      config: { repeats: 'harmless' },
      schema: {
        operationId: 'classify',
        description:
          'Asks a live replica about one image, to try a model out. Applications ask replicas themselves: that is quicker, and takes many at once.',
        tags,
        params: z.object({ model: idSchema }),
        body: classifyRequestSchema,
        response: answers(classificationSchema),
      },
    },
    ({ params, body }) => services.classify(params.model, body),
  );
};

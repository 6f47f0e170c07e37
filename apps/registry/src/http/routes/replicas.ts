import { desiredStateSchema, nameSchema, replicaReportSchema, replicaSchema } from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { pageOf, pageQuery, readPage } from '../pages.js';

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
};

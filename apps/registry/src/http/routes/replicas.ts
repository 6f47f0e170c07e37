import { desiredStateSchema, nameSchema, replicaReportSchema, replicaSchema } from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, listOf, type App } from '../app-types.js';

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
        tags,
        querystring: z.object({ environment: nameSchema.optional(), live: z.stringbool().optional() }),
        response: answers(listOf(replicaSchema)),
      },
    },
    async ({ query: { environment, live } }) => ({
      items: await services.listReplicas({
        ...(environment === undefined ? {} : { environment }),
        ...(live === undefined ? {} : { live }),
      }),
    }),
  );
};

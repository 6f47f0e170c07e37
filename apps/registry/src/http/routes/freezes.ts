import { freezeRequestSchema, freezeSchema } from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, type App } from '../app-types.js';
import { pageOf, pageQuery, readPage, rowIdSchema } from '../pages.js';
import { principalOf } from '../principal.js';

export const freezeRoutes = (app: App, services: Services): void => {
  const tags = ['promotions'];
  const schema = { tags, body: freezeRequestSchema, response: answers(freezeSchema) };
  app.post(
    '/v1/freezes',
    {
      schema: {
        operationId: 'freeze',
        description: 'Stops promotions of a model, in an environment, or of all; what is there again is no change.',
        ...schema,
      },
    },
    (request) => {
      const { reason, ...scope } = request.body;
      return services.freeze(scope, { by: principalOf(request).name, reason });
    },
  );
  app.post(
    '/v1/freezes/end',
    { schema: { operationId: 'unfreeze', description: 'Lets promotions go on.', ...schema } },
    (request) => {
      const { reason, ...scope } = request.body;
      return services.unfreeze(scope, { by: principalOf(request).name, reason });
    },
  );
  app.get(
    '/v1/freezes',
    {
      schema: {
        operationId: 'listFreezes',
        description: 'Newest first; those that hold, or with `all` those that were ended too.',
        tags,
        querystring: z.object({ all: z.stringbool().default(false), ...pageQuery() }),
        response: answers(pageOf(freezeSchema)),
      },
    },
    async (request) => {
      const { items, next } = await readPage(request, {
        key: rowIdSchema,
        list: (page) => services.listFreezes({ holding: !request.query.all }, page),
        keyOf: ({ id }) => id,
      });
      return { items: items.map(({ freeze }) => freeze), next };
    },
  );
};

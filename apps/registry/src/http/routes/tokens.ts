import { accessTokenSchema, issuedTokenSchema, newTokenSchema } from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { momentKeyOf } from '../../rules/page.js';
import { answers, idSchema, type App } from '../app-types.js';
import { momentKeySchema, pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

export const tokenRoutes = (app: App, services: Services): void => {
  const tags = ['access'];
  app.post(
    '/v1/tokens',
    {
      config: { repeats: 'secret' },
      schema: {
        operationId: 'createToken',
        description: 'Makes an access token. It is told this once, and kept as its sha256.',
        tags,
        body: newTokenSchema,
        response: answers(issuedTokenSchema),
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return services.createToken(principalOf(request).name, request.body);
    },
  );
  app.get(
    '/v1/tokens',
    {
      schema: {
        operationId: 'listTokens',
        description: 'Newest first; those that were revoked or have expired too.',
        tags,
        querystring: z.object(pageQuery()),
        response: answers(pageOf(accessTokenSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: momentKeySchema,
        list: services.listTokens,
        keyOf: momentKeyOf,
      }),
  );
  app.post(
    '/v1/tokens/:name/revoke',
    {
      schema: {
        operationId: 'revokeToken',
        description:
          'From now on it gives no right to anything. Again: no change. Not for those that the stack itself uses.',
        tags,
        params: z.object({ name: idSchema }),
        response: answers(accessTokenSchema),
      },
    },
    (request) => services.revokeToken(principalOf(request).name, request.params.name),
  );
};

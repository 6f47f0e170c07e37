import { AppError, issuedSessionSchema, newSessionSchema } from '@graft/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, type App } from '../app-types.js';
import { principalOf } from '../principal.js';

const tokenOf = ({ token }: Pick<FastifyRequest, 'token'>): NonNullable<FastifyRequest['token']> => {
  if (token === null) throw new AppError('internal', 'a handler ran before its guard');
  return token;
};

export const sessionRoutes = (app: App, services: Services): void => {
  const tags = ['access'];
  app.post(
    '/v1/sessions',
    {
      config: { repeats: 'secret' },
      schema: {
        operationId: 'createSession',
        description:
          'A token for a browser: of the caller’s name, of their role or one with fewer rights. It ends by itself, and with the token that made it.',
        tags,
        body: newSessionSchema,
        response: answers(issuedSessionSchema),
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return services.createSession(principalOf(request), tokenOf(request), request.body);
    },
  );
  app.delete(
    '/v1/sessions/current',
    {
      schema: {
        operationId: 'endSession',
        description: 'Ends the session that asks. By a token, which goes on: no change.',
        tags,
        response: answers(z.object({ ended: z.boolean() })),
      },
    },
    async (request) => {
      const token = tokenOf(request);
      await services.endSession(token);
      return { ended: token.kind === 'session' };
    },
  );
};

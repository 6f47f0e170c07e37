/** What operators and probes ask: health, metrics, the API's own description. No token needed. */
import { AppError } from '@graft/contracts';
import type { Metrics } from '@graft/platform';
import { z } from 'zod';
import type { Database } from '../../db/database.js';
import { answers, type App } from '../app-types.js';

export const operationRoutes = (app: App, { db, metrics }: { db: Database; metrics: Metrics }): void => {
  const open = { config: { rateLimit: false as const } };
  app.get(
    '/health/live',
    {
      ...open,
      schema: {
        tags: ['operations'],
        description: 'Whether the process answers.',
        response: answers(z.object({ status: z.string() })),
      },
    },
    async () => ({ status: 'live' }),
  );
  app.get(
    '/health/ready',
    {
      ...open,
      schema: {
        tags: ['operations'],
        description: 'Whether its database answers too.',
        response: answers(z.object({ status: z.string() })),
      },
    },
    async () => {
      try {
        await db.events.ping();
      } catch (cause) {
        throw new AppError('unavailable', "the registry's database does not answer, or has no migrations", { cause });
      }
      return { status: 'ready' };
    },
  );
  app.get('/metrics', { ...open, schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
  app.get('/openapi.json', { ...open, schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  );
};

import {
  issuedWebhookSchema,
  newWebhookSchema,
  timestampSchema,
  webhookDeliverySchema,
  webhookSchema,
  webhookTestSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

const byId = z.object({ id: idSchema });
const tags = ['webhooks'];

const deliveryRoutes = (app: App, services: Services): void => {
  app.get(
    '/v1/webhooks/:id/deliveries',
    {
      schema: {
        operationId: 'listDeliveries',
        description: 'What was told to a webhook, and what waits; newest first. Delivered messages stay for 30 days.',
        tags,
        params: byId,
        querystring: z.object(pageQuery()),
        response: answers(pageOf(webhookDeliverySchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.int(),
        list: (page) => services.listDeliveries(request.params.id, page),
        keyOf: ({ event }) => event,
      }),
  );
  app.post(
    '/v1/webhooks/:id/deliveries/:event/resend',
    {
      schema: {
        operationId: 'resendDelivery',
        description: 'Sends a message again, under the id that it had.',
        tags,
        params: byId.extend({ event: z.coerce.number().int().min(1) }),
        response: answers(webhookDeliverySchema),
      },
    },
    ({ params }) => services.resendDelivery(params.id, params.event),
  );
};

export const webhookRoutes = (app: App, services: Services): void => {
  app.post(
    '/v1/webhooks',
    {
      config: { repeats: 'secret' },
      schema: {
        operationId: 'createWebhook',
        description:
          'Has a program told of what happens from now on. The answer has the secret that messages are signed with, this once.',
        tags,
        body: newWebhookSchema,
        response: answers(issuedWebhookSchema),
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return services.createWebhook(principalOf(request).name, request.body);
    },
  );
  app.get(
    '/v1/webhooks',
    {
      schema: {
        operationId: 'listWebhooks',
        description: 'Oldest first.',
        tags,
        querystring: z.object(pageQuery()),
        response: answers(pageOf(webhookSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.object({ at: timestampSchema, id: z.uuid() }),
        list: services.listWebhooks,
        keyOf: ({ createdAt, id }) => ({ at: createdAt, id }),
      }),
  );
  app.delete(
    '/v1/webhooks/:id',
    {
      schema: {
        operationId: 'removeWebhook',
        description: 'Nothing is sent to it any more. The answer is what it was.',
        tags,
        params: byId,
        response: answers(webhookSchema),
      },
    },
    ({ params }) => services.removeWebhook(params.id),
  );
  app.post(
    '/v1/webhooks/:id/enable',
    {
      schema: {
        operationId: 'enableWebhook',
        description: 'Tries one that was disabled again, with what waited then. Again: no change.',
        tags,
        params: byId,
        response: answers(webhookSchema),
      },
    },
    ({ params }) => services.enableWebhook(params.id),
  );
  app.post(
    '/v1/webhooks/:id/test',
    {
      schema: {
        operationId: 'testWebhook',
        description: 'Sends a message of the kind webhook.test now, and tells what became of it.',
        tags,
        params: byId,
        response: answers(webhookTestSchema),
      },
    },
    (request) => services.testWebhook(request.params.id, principalOf(request).name),
  );
  deliveryRoutes(app, services);
};

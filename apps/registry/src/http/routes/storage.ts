import { collectedSchema, collectionSchema, newCollectionSchema, referencesSchema } from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { momentKeySchema, pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

export const storageRoutes = (app: App, services: Services): void => {
  const tags = ['storage'];
  app.get(
    '/v1/references',
    {
      schema: {
        operationId: 'listReferences',
        description: 'Every digest that a row names: where a walk through what has to stay begins.',
        tags,
        response: answers(referencesSchema),
      },
    },
    () => services.listReferences(),
  );
  app.post(
    '/v1/collections',
    {
      schema: {
        operationId: 'openCollection',
        description: 'Says that objects which nothing refers to are about to be removed, and by whom.',
        tags,
        body: newCollectionSchema,
        response: answers(collectionSchema),
      },
    },
    (request) => services.openCollection(request.body, principalOf(request).name),
  );
  app.patch(
    '/v1/collections/:id',
    {
      schema: {
        operationId: 'closeCollection',
        description: 'Says what a collection removed; once it has ended, it stays as it is.',
        tags,
        params: z.object({ id: idSchema }),
        body: collectedSchema,
        response: answers(collectionSchema),
      },
    },
    ({ params, body }) => services.closeCollection(params.id, body),
  );
  app.get(
    '/v1/collections',
    {
      schema: {
        operationId: 'listCollections',
        description: 'Newest first.',
        tags,
        querystring: z.object(pageQuery()),
        response: answers(pageOf(collectionSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: momentKeySchema,
        list: (page) => services.listCollections(page),
        keyOf: ({ startedAt, id }) => ({ at: startedAt, id }),
      }),
  );
};

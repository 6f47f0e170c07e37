import {
  collectedSchema,
  collectionSchema,
  digestSchema,
  erasureSchema,
  newCollectionSchema,
  newErasureSchema,
  referencesSchema,
  timestampSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { momentKeySchema, pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

const erasureRoutes = (app: App, services: Services): void => {
  const tags = ['storage'];
  app.post(
    '/v1/erasures',
    {
      schema: {
        operationId: 'recordErasure',
        description: 'Keeps, for good, that an object is erased, and why. The same again is the one that is there.',
        tags,
        body: newErasureSchema,
        response: answers(erasureSchema),
      },
    },
    (request) => services.recordErasure(request.body, principalOf(request).name),
  );
  app.get(
    '/v1/erasures',
    {
      schema: {
        operationId: 'listErasures',
        description: 'Newest first.',
        tags,
        querystring: z.object(pageQuery()),
        response: answers(pageOf(erasureSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.object({ at: timestampSchema, digest: digestSchema }),
        list: (page) => services.listErasures(page),
        keyOf: ({ at, digest }) => ({ at, digest }),
      }),
  );
};

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
  erasureRoutes(app, services);
};

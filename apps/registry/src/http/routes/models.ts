import {
  modelSchema,
  modelVersionSchema,
  nameSchema,
  newAdoptionSchema,
  newModelVersionSchema,
  reopenRequestSchema,
  reviewDecisionSchema,
  reviewSchema,
  timestampSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

const ofModel = z.object({ model: idSchema });
const ofVersion = z.object({ model: idSchema, version: z.coerce.number().int().min(1) });

const versionRoutes = (app: App, services: Services): void => {
  const tags = ['models'];
  app.post(
    '/v1/models/:model/versions',
    {
      schema: {
        operationId: 'createModelVersion',
        description:
          'Registers a version and puts it up for review, or promotes it where its pipeline does so by itself; ' +
          'the same run again gives the version that is there.',
        tags,
        params: z.object({ model: nameSchema }),
        body: newModelVersionSchema,
        response: answers(modelVersionSchema),
      },
    },
    ({ params, body }) => services.createModelVersion(params.model, body),
  );
  app.get(
    '/v1/models/:model/versions',
    {
      schema: {
        operationId: 'listModelVersions',
        description: 'Newest first.',
        tags,
        params: ofModel,
        querystring: z.object(pageQuery()),
        response: answers(pageOf(modelVersionSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.int(),
        list: (page) => services.listModelVersions(request.params.model, page),
        keyOf: ({ version }) => version,
      }),
  );
  app.get(
    '/v1/models/:model/versions/:version',
    {
      schema: {
        operationId: 'getModelVersion',
        description: 'With its variants, artifacts and lineage.',
        tags,
        params: ofVersion,
        response: answers(modelVersionSchema),
      },
    },
    ({ params }) => services.getModelVersion(params.model, params.version),
  );
};

const adoptionRoutes = (app: App, services: Services): void => {
  app.post(
    '/v1/models/:model/adoptions',
    {
      schema: {
        operationId: 'adoptVersion',
        description:
          'Registers a model that was in production elsewhere as an approved version, for a model that serves nowhere yet; ' +
          'with a number, in the place of an external version. The same artifact again gives the version that is there.',
        tags: ['models'],
        params: z.object({ model: nameSchema }),
        body: newAdoptionSchema,
        response: answers(modelVersionSchema),
      },
    },
    (request) => services.adoptVersion(request.params.model, request.body, principalOf(request).name),
  );
};

const reviewRoutes = (app: App, services: Services): void => {
  const tags = ['reviews'];
  app.get(
    '/v1/reviews',
    {
      schema: {
        operationId: 'listReviews',
        description: 'Candidates that wait for a person, oldest first; those whose gate failed too.',
        tags,
        querystring: z.object({ model: idSchema.optional(), ...pageQuery() }),
        response: answers(pageOf(reviewSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.object({ at: timestampSchema, model: z.string(), version: z.int() }),
        list: (page) => services.listReviews({ model: request.query.model }, page),
        keyOf: ({ createdAt, model, version }) => ({ at: createdAt, model, version }),
      }),
  );
  app.get(
    '/v1/models/:model/versions/:version/review',
    {
      schema: {
        operationId: 'getReview',
        description: 'What a decision on this version must be bound to now.',
        tags,
        params: ofVersion,
        response: answers(reviewSchema),
      },
    },
    ({ params }) => services.getReview(params.model, params.version),
  );
  const decision = { tags, params: ofVersion, body: reviewDecisionSchema, response: answers(modelVersionSchema) };
  app.post(
    '/v1/models/:model/versions/:version/approve',
    {
      schema: {
        operationId: 'approveVersion',
        description:
          'Bound to the report and the champion that were seen: 409 where either has changed. A gate that failed needs overrideGate.',
        ...decision,
      },
    },
    (request) =>
      services.approve(request.params.model, request.params.version, principalOf(request).name, request.body),
  );
  app.post(
    '/v1/models/:model/versions/:version/reject',
    {
      schema: {
        operationId: 'rejectVersion',
        description: 'Bound to the report and the champion that were seen: 409 where either has changed.',
        ...decision,
      },
    },
    (request) => services.reject(request.params.model, request.params.version, principalOf(request).name, request.body),
  );
  app.post(
    '/v1/models/:model/versions/:version/reopen',
    {
      schema: {
        operationId: 'reopenVersion',
        description: 'A version that expired before anybody decided waits for a person anew. Again: no change.',
        tags,
        params: ofVersion,
        body: reopenRequestSchema,
        response: answers(modelVersionSchema),
      },
    },
    (request) => {
      const { model, version } = request.params;
      return services.reopenVersion(model, version, principalOf(request).name, request.body.reason);
    },
  );
};

export const modelRoutes = (app: App, services: Services): void => {
  const tags = ['models'];
  app.get(
    '/v1/models',
    {
      schema: {
        operationId: 'listModels',
        description: 'By name.',
        tags,
        querystring: z.object(pageQuery()),
        response: answers(pageOf(modelSchema)),
      },
    },
    (request) => readPage(request, { key: z.string(), list: services.listModels, keyOf: ({ name }) => name }),
  );
  app.get(
    '/v1/models/:model',
    {
      schema: {
        operationId: 'getModel',
        description: 'What each environment serves of it, and its newest version.',
        tags,
        params: ofModel,
        response: answers(modelSchema),
      },
    },
    ({ params }) => services.getModel(params.model),
  );
  app.post(
    '/v1/models/:model/rename',
    {
      schema: {
        operationId: 'renameModel',
        description:
          'Gives a model another name; all that it has follows, and the ledger keeps the names it was written under.',
        tags,
        params: ofModel,
        body: z.object({ to: nameSchema }),
        response: answers(modelSchema),
      },
    },
    ({ params, body }) => services.renameModel(params.model, body.to),
  );
  versionRoutes(app, services);
  adoptionRoutes(app, services);
  reviewRoutes(app, services);
};

import { feedbackBatchSchema, feedbackResultSchema, liveAccuracySchema, nameSchema } from '@graft/contracts';
import { z } from 'zod';
import { DEFAULT_ENVIRONMENT } from '../../rules/default-environment.js';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { pageOf, pageQuery, readPage } from '../pages.js';

export const feedbackRoutes = (app: App, services: Services): void => {
  const tags = ['feedback'];
  app.post(
    '/v1/feedback',
    {
      schema: {
        operationId: 'recordFeedback',
        description:
          'What replicas hand on, once they have verified the request ids. A result for each, in their order. Clients send theirs to serving.',
        tags,
        body: feedbackBatchSchema,
        response: answers(z.object({ results: z.array(feedbackResultSchema) })),
      },
    },
    async (request) => ({ results: await services.recordFeedback(request.body.items) }),
  );
  app.get(
    '/v1/models/:model/live-accuracy',
    {
      schema: {
        operationId: 'listLiveAccuracy',
        description:
          'Of each version with feedback, the newest first: how often its answers were right, in the last day, the last 7 days, and ever.',
        tags,
        params: z.object({ model: idSchema }),
        querystring: z.object({ environment: nameSchema.default(DEFAULT_ENVIRONMENT), ...pageQuery() }),
        response: answers(pageOf(liveAccuracySchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.int(),
        list: (page) =>
          services.liveAccuracy({ model: request.params.model, environment: request.query.environment }, page),
        keyOf: ({ version }) => version,
      }),
  );
};

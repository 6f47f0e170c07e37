import { newTrialSchema, trialEndSchema, trialSchema } from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { momentKeyOf } from '../../rules/page.js';
import { answers, idSchema, type App } from '../app-types.js';
import { momentKeySchema, pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

const ofModel = z.object({ model: idSchema });
const byId = z.object({ id: idSchema });
/** Rows of trials are ordered by when they began. */
const keyOf = ({ at, id }: { at: string; id: string }) => momentKeyOf({ createdAt: at, id });

export const trialRoutes = (app: App, services: Services): void => {
  const tags = ['trials'];
  app.post(
    '/v1/models/:model/trials',
    {
      schema: {
        operationId: 'startTrial',
        description:
          'Puts an approved version beside the champion: in shadow, where nobody gets its answers, or as a canary, which answers a share of requests.',
        tags,
        params: ofModel,
        body: newTrialSchema,
        response: answers(trialSchema),
      },
    },
    (request) => services.startTrial(request.params.model, principalOf(request).name, request.body),
  );
  app.get(
    '/v1/models/:model/trials',
    {
      schema: {
        operationId: 'listTrials',
        description: 'Newest first.',
        tags,
        params: ofModel,
        querystring: z.object(pageQuery()),
        response: answers(pageOf(trialSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: momentKeySchema,
        list: (page) => services.listTrials(request.params.model, page),
        keyOf,
      }),
  );
  app.get(
    '/v1/trials/:id',
    {
      schema: {
        operationId: 'getTrial',
        description: 'With its steps, its counts and why it ended.',
        tags,
        params: byId,
        response: answers(trialSchema),
      },
    },
    ({ params }) => services.getTrial(params.id),
  );
  app.post(
    '/v1/trials/:id/end',
    {
      schema: {
        operationId: 'endTrial',
        description: 'Its version gets no requests any more; the champion stays. Again: the trial as it ended.',
        tags,
        params: byId,
        body: trialEndSchema,
        response: answers(trialSchema),
      },
    },
    (request) => services.endTrial(request.params.id, principalOf(request).name, request.body.reason),
  );
};

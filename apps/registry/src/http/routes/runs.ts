import {
  digestSchema,
  nameSchema,
  newRunEventSchema,
  newRunSchema,
  runCancellationSchema,
  runEventSchema,
  runPatchSchema,
  runSchema,
  runStateSchema,
  timestampSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { principalOf } from '../principal.js';
import { momentKeyOf } from '../../rules/page.js';
import { answers, idSchema, type App } from '../app-types.js';
import { momentKeySchema, pageOf, pageQuery, readPage } from '../pages.js';

const byId = z.object({ id: idSchema });

export const runRoutes = (app: App, services: Services): void => {
  const tags = ['runs'];
  app.post(
    '/v1/runs',
    {
      schema: {
        operationId: 'createRun',
        description:
          'The run of this pipeline, dataset version, train digest and attempt: made, or the one that is there.',
        tags,
        body: newRunSchema,
        response: answers(runSchema),
      },
    },
    ({ body }) => services.createRun(body),
  );
  app.get(
    '/v1/runs',
    {
      schema: {
        operationId: 'listRuns',
        description: 'Newest first.',
        tags,
        querystring: z.object({
          pipeline: nameSchema.optional(),
          datasetVersion: digestSchema.optional(),
          state: runStateSchema.optional(),
          since: timestampSchema.optional(),
          ...pageQuery(),
        }),
        response: answers(pageOf(runSchema)),
      },
    },
    (request) => {
      const { pipeline, datasetVersion, state, since } = request.query;
      const filter = {
        ...(pipeline === undefined ? {} : { pipeline }),
        ...(datasetVersion === undefined ? {} : { datasetVersion }),
        ...(state === undefined ? {} : { state }),
        ...(since === undefined ? {} : { since }),
      };
      return readPage(request, {
        key: momentKeySchema,
        list: (page) => services.listRuns(filter, page),
        keyOf: momentKeyOf,
      });
    },
  );
  app.get(
    '/v1/runs/:id',
    {
      schema: {
        operationId: 'getRun',
        description: 'With its stage and what it ended in.',
        tags,
        params: byId,
        response: answers(runSchema),
      },
    },
    ({ params }) => services.getRun(params.id),
  );
  app.patch(
    '/v1/runs/:id',
    {
      schema: {
        operationId: 'patchRun',
        description: 'How far a run is, or how it ended. After its end, that same end alone is taken.',
        tags,
        params: byId,
        body: runPatchSchema,
        response: answers(runSchema),
      },
    },
    ({ params, body }) => services.patchRun(params.id, body),
  );
  app.post(
    '/v1/runs/:id/cancel',
    {
      schema: {
        operationId: 'cancelRun',
        description: 'Calls a run off. Asking again changes nothing; `conflict` where it has ended.',
        tags,
        params: byId,
        body: runCancellationSchema,
        response: answers(runSchema),
      },
    },
    (request) => services.cancelRun(principalOf(request).name, request.params.id, request.body),
  );
  app.post(
    '/v1/runs/:id/events',
    {
      schema: {
        operationId: 'postRunEvents',
        description: 'What a worker tells of a run as it goes. They are numbered here.',
        tags,
        params: byId,
        body: z.object({ events: z.array(newRunEventSchema).max(1000) }).meta({ id: 'NewRunEvents' }),
        response: answers(z.object({ accepted: z.int() })),
      },
    },
    async ({ params, body }) => {
      await services.postRunEvents(params.id, body.events);
      return { accepted: body.events.length };
    },
  );
  app.get(
    '/v1/runs/:id/events',
    {
      schema: {
        operationId: 'listRunEvents',
        description: 'Events after a sequence number, oldest first.',
        tags,
        params: byId,
        querystring: z.object({ after: z.coerce.number().int().min(0).default(0), ...pageQuery(1000) }),
        response: answers(pageOf(runEventSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.int(),
        list: ({ after, limit }) =>
          services.listRunEvents(request.params.id, { after: after ?? request.query.after, limit }),
        keyOf: ({ seq }) => seq,
      }),
  );
};

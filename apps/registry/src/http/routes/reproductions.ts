import {
  newRunEventSchema,
  REPRODUCTION_STATES,
  reproductionEventSchema,
  reproductionPatchSchema,
  reproductionRequestSchema,
  reproductionSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { momentKeyOf } from '../../rules/page.js';
import { answers, idSchema, type App } from '../app-types.js';
import { momentKeySchema, pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

const byId = z.object({ id: idSchema });
const tags = ['reproductions'];

const eventRoutes = (app: App, services: Services): void => {
  app.post(
    '/v1/reproductions/:id/events',
    {
      schema: {
        operationId: 'postReproductionEvents',
        description: 'What a worker tells of a reproduction as it goes. What comes after its end is dropped.',
        tags,
        params: byId,
        body: z.object({ events: z.array(newRunEventSchema).max(1000) }).meta({ id: 'NewReproductionEvents' }),
        response: answers(z.object({ accepted: z.int() })),
      },
    },
    async ({ params, body }) => {
      await services.postReproductionEvents(params.id, body.events);
      return { accepted: body.events.length };
    },
  );
  app.get(
    '/v1/reproductions/:id/events',
    {
      schema: {
        operationId: 'listReproductionEvents',
        description: 'Events after a sequence number, oldest first.',
        tags,
        params: byId,
        querystring: z.object({ after: z.coerce.number().int().min(0).default(0), ...pageQuery(1000) }),
        response: answers(pageOf(reproductionEventSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.int(),
        list: ({ after, limit }) =>
          services.listReproductionEvents(request.params.id, { after: after ?? request.query.after, limit }),
        keyOf: ({ seq }) => seq,
      }),
  );
};

export const reproductionRoutes = (app: App, services: Services): void => {
  app.post(
    '/v1/models/:model/versions/:version/reproductions',
    {
      schema: {
        operationId: 'requestReproduction',
        description:
          'Asks for a version to be made again from its lineage, and compared. The same question while one is under way is that one.',
        tags,
        params: z.object({ model: idSchema, version: z.coerce.number().int().min(1) }),
        body: reproductionRequestSchema,
        response: answers(reproductionSchema),
      },
    },
    (request) =>
      services.requestReproduction(
        principalOf(request).name,
        request.params.model,
        request.params.version,
        request.body,
      ),
  );
  app.get(
    '/v1/reproductions',
    {
      schema: {
        operationId: 'listReproductions',
        description: 'Newest first.',
        tags,
        querystring: z.object({
          state: z.enum(REPRODUCTION_STATES).optional(),
          model: idSchema.optional(),
          version: z.coerce.number().int().min(1).optional(),
          ...pageQuery(),
        }),
        response: answers(pageOf(reproductionSchema)),
      },
    },
    (request) => {
      const { state, model, version } = request.query;
      const filter = {
        ...(state === undefined ? {} : { state }),
        ...(model === undefined ? {} : { model }),
        ...(version === undefined ? {} : { version }),
      };
      return readPage(request, {
        key: momentKeySchema,
        list: ({ after, limit }) => services.listReproductions({ ...filter, limit }, after),
        keyOf: momentKeyOf,
      });
    },
  );
  app.get(
    '/v1/reproductions/:id',
    {
      schema: {
        operationId: 'getReproduction',
        description: 'With what was compared, once it has ended.',
        tags,
        params: byId,
        response: answers(reproductionSchema),
      },
    },
    ({ params }) => services.getReproduction(params.id),
  );
  app.patch(
    '/v1/reproductions/:id',
    {
      schema: {
        operationId: 'patchReproduction',
        description: 'How a reproduction ended. The same end twice is no change.',
        tags,
        params: byId,
        body: reproductionPatchSchema,
        response: answers(reproductionSchema),
      },
    },
    ({ params, body }) => services.patchReproduction(params.id, body),
  );
  eventRoutes(app, services);
};

import {
  nameSchema,
  newSelectionRunSchema,
  runSchema,
  SELECTION_STATES,
  selectionPatchSchema,
  selectionRecordSchema,
  selectionRequestSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { principalOf } from '../principal.js';
import { momentKeyOf } from '../../rules/page.js';
import { answers, idSchema, type App } from '../app-types.js';
import { momentKeySchema, pageOf, pageQuery, readPage } from '../pages.js';

const byId = z.object({ id: idSchema });

export const selectionRoutes = (app: App, services: Services): void => {
  const tags = ['selections'];
  app.post(
    '/v1/selections',
    {
      schema: {
        operationId: 'requestSelection',
        description:
          'Asks which backbone is worth deploying. The same request is the selection that is there; one that failed tries again.',
        tags,
        body: selectionRequestSchema,
        response: answers(selectionRecordSchema),
      },
    },
    (request) => services.requestSelection(principalOf(request).name, request.body),
  );
  app.get(
    '/v1/selections',
    {
      schema: {
        operationId: 'listSelections',
        description: 'Newest first.',
        tags,
        querystring: z.object({
          state: z.enum(SELECTION_STATES).optional(),
          dataset: nameSchema.optional(),
          ...pageQuery(),
        }),
        response: answers(pageOf(selectionRecordSchema)),
      },
    },
    (request) => {
      const { state, dataset } = request.query;
      const filter = { ...(state === undefined ? {} : { state }), ...(dataset === undefined ? {} : { dataset }) };
      return readPage(request, {
        key: momentKeySchema,
        list: (page) => services.listSelections(filter, page),
        keyOf: momentKeyOf,
      });
    },
  );
  app.get(
    '/v1/selections/:id',
    {
      schema: {
        operationId: 'getSelection',
        description: 'With its candidates, and the recommendation once there is one.',
        tags,
        params: byId,
        response: answers(selectionRecordSchema),
      },
    },
    ({ params }) => services.getSelection(params.id),
  );
  app.patch(
    '/v1/selections/:id',
    {
      schema: {
        operationId: 'patchSelection',
        description: 'How a selection ended. The same end twice is no change.',
        tags,
        params: byId,
        body: selectionPatchSchema,
        response: answers(selectionRecordSchema),
      },
    },
    ({ params, body }) => services.patchSelection(params.id, body),
  );
  app.post(
    '/v1/selections/:id/runs',
    {
      schema: {
        operationId: 'openSelectionRun',
        description: 'The run that works for a selection on one candidate: made, or the one that is there.',
        tags,
        params: byId,
        body: newSelectionRunSchema,
        response: answers(runSchema),
      },
    },
    ({ params, body }) => services.openSelectionRun(params.id, body),
  );
};

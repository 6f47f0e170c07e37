import { correctionSchema, newCorrectionSchema } from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

const named = z.object({ name: idSchema });

/** 10,000 images by keys of 1,024 characters, a little of which JSON escapes. */
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

export const correctionRoutes = (app: App, services: Services): void => {
  const tags = ['datasets'];
  app.post(
    '/v1/datasets/:name/corrections',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        operationId: 'createCorrection',
        description:
          'Corrects images or labels of a dataset: numbered, never changed, and taken in by the next version. Sent twice, it counts twice.',
        tags,
        params: named,
        body: newCorrectionSchema,
        response: answers(correctionSchema),
      },
    },
    (request) => services.createCorrection(principalOf(request).name, request.params.name, request.body),
  );
  app.get(
    '/v1/datasets/:name/corrections',
    {
      schema: {
        operationId: 'listCorrections',
        description: 'Oldest first; those after a number.',
        tags,
        params: named,
        querystring: z.object({ after: z.coerce.number().int().min(0).default(0), ...pageQuery() }),
        response: answers(pageOf(correctionSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.int(),
        list: ({ after, limit }) =>
          services.listCorrections(request.params.name, { after: after ?? request.query.after, limit }),
        keyOf: ({ number }) => number,
      }),
  );
};

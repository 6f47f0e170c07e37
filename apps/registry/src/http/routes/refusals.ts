import { refusalSchema } from '@graft/contracts';
import { z } from 'zod';
import type { RefusalLog } from '../../services/refusals.js';
import { answers, type App } from '../app-types.js';
import { pageOf, pageQuery, readPage, rowIdSchema } from '../pages.js';

export const refusalRoutes = (app: App, refusals: Pick<RefusalLog, 'list'>): void => {
  app.get(
    '/v1/refusals',
    {
      schema: {
        operationId: 'listRefusals',
        description:
          'Calls that were refused for want of a token or a right, those alike within a minute together; newest first.',
        tags: ['access'],
        querystring: z.object(pageQuery()),
        response: answers(pageOf(refusalSchema)),
      },
    },
    async (request) => {
      const { items, next } = await readPage(request, {
        key: rowIdSchema,
        list: (page) => refusals.list(page),
        keyOf: ({ id }) => id,
      });
      return { items: items.map(({ refusal }) => refusal), next };
    },
  );
};

/** Documents and images by their digest: what a reviewer looks at. */
import { digestSchema } from '@graft/contracts';
import { THUMBNAIL_MEDIA_TYPE } from '@graft/data/thumbnail';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, type App } from '../app-types.js';

/** The same digest is the same picture; what was erased is out of people's browsers within the hour. */
const IMAGE_CACHE = 'private, max-age=3600';

export const artifactRoutes = (app: App, services: Services): void => {
  const tags = ['artifacts'];
  const params = z.object({ digest: digestSchema });
  app.get(
    '/v1/documents/:digest',
    {
      schema: {
        operationId: 'getDocument',
        description: 'A report, predictions, drift and the like, by digest: canonical JSON, which says its schema.',
        tags,
        params,
        response: answers(z.looseObject({ schemaVersion: z.string() })),
      },
    },
    async ({ params: { digest } }, reply) =>
      // As it was written: no schema here knows more of it.
      reply.type('application/json').send((await services.getDocument(digest)) as never),
  );
  app.get(
    '/v1/images/:digest',
    {
      schema: {
        operationId: 'getImage',
        description: 'An image of a dataset by its sha256, as WebP of at most `side` pixels in width and height.',
        tags,
        params,
        querystring: z.object({ side: z.coerce.number().int().min(16).max(2048).default(128) }),
        produces: [THUMBNAIL_MEDIA_TYPE],
      },
    },
    async ({ params: { digest }, query: { side } }, reply) => {
      const image = await services.getImage(digest, side);
      return reply.type(THUMBNAIL_MEDIA_TYPE).header('cache-control', IMAGE_CACHE).send(image);
    },
  );
};

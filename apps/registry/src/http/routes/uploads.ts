import { MAX_UPLOADS, signedUploadSchema, uploadRequestSchema } from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, listOf, type App } from '../app-types.js';

export const uploadRoutes = (app: App, services: Services): void => {
  app.post(
    '/v1/datasets/:name/uploads',
    {
      config: { repeats: 'harmless' },
      schema: {
        operationId: 'requestUploads',
        description:
          'Addresses to put images to, for those who hold no key to the object store: one PUT each, with the headers and the length that were signed. Answers in the order of the files.',
        tags: ['datasets'],
        params: z.object({ name: idSchema }),
        body: z.strictObject({ files: z.array(uploadRequestSchema).min(1).max(MAX_UPLOADS) }),
        response: answers(listOf(signedUploadSchema)),
      },
    },
    async ({ params, body }) => ({ items: await services.requestUploads(params.name, body.files) }),
  );
};

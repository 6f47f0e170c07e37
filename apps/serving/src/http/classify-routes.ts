/** `POST /v1/models/<name>:classify`: one image in, its classes out. In a scope of its own, for bodies are images. */
import { AppError, classificationSchema, problemSchema } from '@graft/contracts';
import { z } from 'zod';
import type { Classifier } from '../classifier.js';
import type { App } from './app-types.js';
import { sendProblem } from './errors.js';

/** A literal colon follows the name: `::` in the router's language, and the name itself has none. */
const CLASSIFY_ROUTE = '/v1/models/:model([^:]+)::classify';

/** A route's pattern as people write it: `/v1/models/:model:classify`. */
export const plainRoute = (pattern: string): string => pattern.replace('([^:]+)::', ':');

export interface ClassifyRouteOptions {
  readonly classifier: Classifier;
  readonly maxImageBytes: number;
}

const keySchema = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: 'Of a client or a user: while there is a canary, the same key is always answered by the same side.' });

const HOW =
  'send the image as the body, with content-type image/jpeg, image/png, image/webp or application/octet-stream';

export const classifyRoutes = async (app: App, { classifier, maxImageBytes }: ClassifyRouteOptions): Promise<void> => {
  app.removeAllContentTypeParsers();
  const buffer = { parseAs: 'buffer', bodyLimit: maxImageBytes } as const;
  for (const type of [/^image\//, /^application\/octet-stream/]) {
    app.addContentTypeParser(type, buffer, (_request, body, done) => done(null, body));
  }
  app.addContentTypeParser('*', (request, _payload, done) => {
    done(new AppError('invalid_request', `${request.headers['content-type'] ?? 'no content-type'}: ${HOW}`), undefined);
  });
  app.setErrorHandler(sendProblem);

  app.post(
    CLASSIFY_ROUTE,
    {
      schema: {
        operationId: 'classify',
        description: `The classes of one image, best first. ${HOW}.`,
        tags: ['classify'],
        consumes: ['image/jpeg', 'image/png', 'image/webp', 'application/octet-stream'],
        params: z.object({ model: z.string().min(1).max(200) }),
        querystring: z.object({ top: z.coerce.number().int().min(1).optional() }),
        headers: z.looseObject({ 'x-graft-key': keySchema.optional() }),
        response: { 200: classificationSchema, '4xx': problemSchema, '5xx': problemSchema },
      },
    },
    async (request) => {
      const { body } = request;
      const key = request.headers['x-graft-key'];
      if (!(body instanceof Uint8Array)) throw new AppError('invalid_request', `no image came: ${HOW}`);
      const { classification, lease } = await classifier.classify({
        model: request.params.model,
        bytes: body,
        ...(request.query.top === undefined ? {} : { top: request.query.top }),
        ...(key === undefined ? {} : { key }),
      });
      const { model, version, generation } = classification;
      request.answeredBy = { model, version, generation };
      request.log.debug({ epoch: lease.epoch, requestId: classification.requestId }, 'classified');
      return classification;
    },
  );
};

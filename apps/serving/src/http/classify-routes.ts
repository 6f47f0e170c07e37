/**
 * `POST /v1/models/<name>:classify`: one image in, its classes out; or a form of several. In a scope of its own, for bodies
 * are images.
 */
import type { IncomingMessage } from 'node:http';
import { AppError, classificationSchema, digestOfBytes, problemSchema } from '@graft/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Answer, Classifier } from '../classifier.js';
import type { App } from './app-types.js';
import { classificationsSchema, classifyForm } from './classify-form.js';
import { sendProblem } from './errors.js';
import { hangUpSignal } from './hang-up-signal.js';
import { KEEP_HEADER, keepSchema, KEY_HEADER, keySchema } from './key-header.js';
import { readImages, type MultipartLimits, type UploadedImage } from './multipart.js';
import type { ReadBody } from './read-body.js';

/** A literal colon follows the name: `::` in the router's language, and the name itself has none. */
const CLASSIFY_ROUTE = '/v1/models/:model([^:]+)::classify';

/** A route's pattern as people write it: `/v1/models/:model:classify`. */
export const plainRoute = (pattern: string): string => pattern.replace('([^:]+)::', ':');

export interface ClassifyRouteOptions extends MultipartLimits {
  readonly classifier: Classifier;
  readonly readBody: ReadBody;
  /** Of a form with all its images, bytes. */
  readonly maxFormBytes: number;
}

const HOW =
  'send the image as the body, with content-type image/jpeg, image/png, image/webp or application/octet-stream; or several images as the parts of multipart/form-data';

/** What the parsers make of a body. */
type Body = Uint8Array | readonly UploadedImage[] | undefined;

export const classifyRoutes = async (app: App, options: ClassifyRouteOptions): Promise<void> => {
  const { classifier, readBody, maxImages, maxImageBytes, maxFormBytes } = options;
  app.removeAllContentTypeParsers();
  const readImage = (request: FastifyRequest, payload: IncomingMessage): Promise<Buffer> =>
    readBody(request, payload, maxImageBytes);
  for (const type of [/^image\//, /^application\/octet-stream/]) app.addContentTypeParser(type, readImage);
  app.addContentTypeParser(/^multipart\/form-data/, async (request: FastifyRequest, payload: IncomingMessage) => {
    const body = await readBody(request, payload, maxFormBytes);
    return readImages(body, request.headers['content-type'] ?? '', { maxImages, maxImageBytes });
  });
  app.addContentTypeParser('*', (request, _payload, done) => {
    done(new AppError('invalid_request', `${request.headers['content-type'] ?? 'no content-type'}: ${HOW}`), undefined);
  });
  app.setErrorHandler(sendProblem);

  app.post(
    CLASSIFY_ROUTE,
    {
      schema: {
        operationId: 'classify',
        description: `The classes of one image, best first; of a form, a result for each part. ${HOW}.`,
        tags: ['classify'],
        consumes: ['image/jpeg', 'image/png', 'image/webp', 'application/octet-stream', 'multipart/form-data'],
        params: z.object({ model: z.string().min(1).max(200) }),
        querystring: z.object({ top: z.coerce.number().int().min(1).optional() }),
        headers: z.looseObject({ [KEY_HEADER]: keySchema.optional(), [KEEP_HEADER]: keepSchema.optional() }),
        response: {
          200: z.union([classificationSchema, classificationsSchema]),
          '4xx': problemSchema,
          '5xx': problemSchema,
        },
      },
    },
    async (request, reply) => {
      const signal = hangUpSignal(reply);
      const body = request.body as Body;
      if (body === undefined) throw new AppError('invalid_request', `no image came: ${HOW}`);
      const { top } = request.query;
      // One side of a canary answers a whole form.
      const [first] = body instanceof Uint8Array ? [] : body;
      const mayKeep = request.headers[KEEP_HEADER] !== 'no';
      const key = request.headers[KEY_HEADER] ?? (first && digestOfBytes(first.bytes));
      const classify = async (bytes: Uint8Array): Promise<Answer> => {
        const { model } = request.params;
        const answer = await classifier.classify({
          ...{ model, bytes, mayKeep, signal },
          ...(top === undefined ? {} : { top }),
          ...(key === undefined ? {} : { key }),
        });
        const { version, generation, requestId } = answer.classification;
        request.answeredBy = { model, version, generation };
        request.log.debug({ epoch: answer.lease.epoch, requestId }, 'classified');
        return answer;
      };
      return body instanceof Uint8Array ? (await classify(body)).classification : classifyForm(body, classify);
    },
  );
};

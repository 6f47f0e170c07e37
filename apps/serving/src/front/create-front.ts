/**
 * One port for several replicas. Whatever serving is asked may be asked twice (answers are computed, feedback counts once), so
 * that a request whose replica dies is sent to the next one, as long as its body is held.
 */
import { Agent } from 'node:http';
import { AppError, replicaCountSchema, servingFrontSchema, toAppError } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import { drainOnClose, refuseBrokenRequest } from '@graft/platform/http';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { App } from '../http/app-types.js';
import { sendProblem, sendProtocolError } from '../http/errors.js';
import { hangUpSignal } from '../http/hang-up-signal.js';
import { linger } from '../http/linger.js';
import { requireToken } from '../http/require-operator.js';
import { endToEnd, forward, type Answered, type Forwarded } from './forward.js';
import type { FrontMetrics } from './front-metrics.js';
import { createReadAhead, isWhole, type ReadAheadLimits } from './read-ahead.js';
import type { HeldReplica, ReplicaSet } from './replica-set.js';

export interface FrontOptions {
  readonly replicas: ReplicaSet;
  readonly metrics: FrontMetrics;
  /** Who may change how many replicas there are. */
  readonly token: string;
  readonly logger: Logger;
  readonly bodies: ReadAheadLimits;
  /** How long a replica may say nothing. */
  readonly timeoutMs: number;
  /** From a request's first byte to its last one. */
  readonly receiveTimeoutMs: number;
}

/** Which replica answered. */
const REPLICA_HEADER = 'graft-replica';
const HEADERS_TIMEOUT_MS = 10_000;

const requestOf = ({ method, url, headers, ip }: FastifyRequest, body: Forwarded['body']): Forwarded => ({
  method,
  path: url,
  headers: {
    ...endToEnd(headers),
    'x-forwarded-for': [headers['x-forwarded-for'] ?? [], ip].flat().join(', '),
    ...(body.rest === null && body.kept.length > 0 ? { 'content-length': String(body.kept.length) } : {}),
  },
  body,
});

export const createFront = async (options: FrontOptions): Promise<App> => {
  const { replicas, metrics, token, logger, bodies, timeoutMs, receiveTimeoutMs } = options;
  const agent = new Agent({ keepAlive: true });
  const readAhead = createReadAhead(bodies);
  const app: App = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // Replicas have the access log.
    logController: new LogController({ disableRequestLogging: true }),
    clientErrorHandler: refuseBrokenRequest,
    requestTimeout: receiveTimeoutMs,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 2_000 },
    exposeHeadRoutes: false,
    return503OnClosing: false,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((thrown, request, reply) =>
    request.url.startsWith('/v2') ? sendProtocolError(thrown, request, reply) : sendProblem(thrown, request, reply),
  );
  drainOnClose(app);
  app.addHook('onClose', async () => agent.destroy());

  /** @throws whatever kept this one replica from answering. */
  const ask = async (held: HeldReplica, request: Forwarded, hungUp: AbortSignal): Promise<Answered> => {
    hungUp.addEventListener('abort', held.abort, { once: true });
    try {
      return await forward({ agent, url: held.url, request, signal: held.signal, timeoutMs });
    } finally {
      hungUp.removeEventListener('abort', held.abort);
      held.release();
    }
  };

  const passOn = async (
    request: Forwarded,
    hungUp: AbortSignal,
  ): Promise<{ readonly answered: Answered; readonly id: string }> => {
    const tried = new Set<string>();
    for (let held = replicas.hold(tried); held !== null; held = replicas.hold(tried)) {
      const { id } = held;
      tried.add(id);
      try {
        return { answered: await ask(held, request, hungUp), id };
      } catch (thrown) {
        if (hungUp.aborted) throw new AppError('invalid_request', 'the client hung up');
        if (toAppError(thrown).code === 'timeout') throw thrown;
        held.doubt();
        const { method, path } = request;
        const code = (thrown as { readonly code?: unknown }).code;
        logger.warn({ replica: id, method, path, code }, 'front: a replica gave no answer');
        metrics.unanswered(id);
        if (!isWhole(request.body))
          throw new AppError(
            'unavailable',
            `replica ${id} ended while it was sent the body, which is too large to be sent again`,
          );
      }
    }
    const names = [...tried].join(', ');
    throw new AppError(
      'unavailable',
      tried.size === 0 ? 'no replica runs at the moment' : `no replica answers: tried ${names}`,
    );
  };

  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  app.get('/v1/replicas', { schema: { response: { 200: servingFrontSchema } } }, () => ({ replicas: replicas.list() }));
  app.put(
    '/v1/replicas',
    {
      onRequest: async (request) => requireToken(request, token),
      schema: { body: replicaCountSchema, response: { 200: servingFrontSchema } },
    },
    ({ body }) => {
      logger.info({ replicas: body.replicas }, 'front: another number of replicas');
      replicas.scale(body.replicas);
      return { replicas: replicas.list() };
    },
  );

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // The body stays where it is until it is known how much of it there is.
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
    scope.all('/*', async (request: FastifyRequest, reply: FastifyReply) => {
      const hungUp = hangUpSignal(reply);
      const body = await readAhead(request.raw, reply.raw);
      const { answered, id } = await passOn(requestOf(request, body), hungUp);
      linger(request.raw);
      const { 'content-length': length, ...headers } = endToEnd(answered.headers);
      return reply
        .status(answered.status)
        .headers({ ...headers, ...(request.method === 'HEAD' ? { 'content-length': length } : {}) })
        .header(REPLICA_HEADER, id)
        .send(answered.body);
    });
  });
  return app;
};

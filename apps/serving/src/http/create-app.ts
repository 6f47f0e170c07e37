/** The HTTP side put together: protocols, metrics, access log, OpenAPI, drain. */
import swagger from '@fastify/swagger';
import { AppError } from '@graft/contracts';
import { versionInfo, type Logger } from '@graft/platform';
import { drainOnClose, refuseBrokenRequest } from '@graft/platform/http';
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Classifier } from '../classifier.js';
import type { FeedbackDesk } from '../feedback/feedback-desk.js';
import type { ServingMetrics } from '../metrics.js';
import type { ServingTable } from '../replica/serving-table.js';
import type { Beside } from '../trials/answer-beside.js';
import { endRequestSpan, runIn, startRequestSpan } from '../tracing/spans.js';
import type { App } from './app-types.js';
import { classifyRoutes, plainRoute } from './classify-routes.js';
import { sendProblem } from './errors.js';
import { feedbackRoutes } from './feedback-routes.js';
import { inferenceRoutes } from './inference-routes.js';
import { pinRoutes, type PinRouteOptions } from './pin-routes.js';
import { createBodyReader } from './read-body.js';

export interface AppLimits {
  /** Images in one inference request. */
  readonly maxBatch: number;
  /** Of an inference request's body, bytes. */
  readonly maxInferenceBytes: number;
  /** Of an image to classify, bytes. */
  readonly maxImageBytes: number;
  /** Of all bodies that are in memory at one time, bytes. */
  readonly maxBodiesBytes: number;
  readonly deadlineMs: number;
  /** From a request's first byte to its last one: a client that dribbles is cut off. */
  readonly receiveTimeoutMs: number;
}

export interface AppDependencies {
  readonly table: ServingTable;
  readonly ready: () => boolean;
  readonly classifier: Classifier;
  readonly beside: Beside;
  readonly feedbackDesk: FeedbackDesk;
  readonly pinning: PinRouteOptions;
  readonly metrics: ServingMetrics;
  /** Whose `x-forwarded-for` says who asks; default: nobody's. */
  readonly trustProxy?: string;
  readonly logger: Logger;
  readonly limits: AppLimits;
}

const HEADERS_TIMEOUT_MS = 10_000;
/** How often connections are looked at for what takes too long. */
const CHECK_INTERVAL_MS = 2_000;

/** Probes come every second or so and say nothing new. */
const UNLOGGED = new Set(['/v2/health/live', '/v2/health/ready', '/metrics']);

/** A span for each request that isn't a probe, which its handler runs in. */
const traceRequests = (app: App): void => {
  app.decorateRequest('trace', null);
  app.addHook('onRequest', async (request) => {
    const route = plainRoute(request.routeOptions.url ?? 'none');
    if (UNLOGGED.has(route)) return;
    const { method, headers } = request;
    const attributes = { 'http.request.method': method, 'http.route': route };
    request.trace = startRequestSpan(`${method} ${route}`, { headers, attributes });
  });
  // Not before: while a body is read, what runs was called by the socket.
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.trace === null) done();
    else runIn(request.trace, done);
  });
  app.addHook('onResponse', async ({ trace, answeredBy }, { statusCode: status }) => {
    if (trace === null) return;
    const by = answeredBy === null ? {} : { 'graft.model': answeredBy.model, 'graft.version': answeredBy.version };
    endRequestSpan(trace, { status, ...by });
  });
};

const observe = (app: App, { metrics, logger }: AppDependencies): void => {
  app.decorateRequest('answeredBy', null);
  app.addHook('onResponse', async (request, reply) => {
    const route = plainRoute(request.routeOptions.url ?? 'none');
    const { method, answeredBy } = request;
    const status = reply.statusCode;
    metrics.request({
      route,
      method,
      status,
      model: answeredBy?.model ?? '',
      version: String(answeredBy?.version ?? ''),
      seconds: reply.elapsedTime / 1_000,
    });
    if (UNLOGGED.has(route) && status < 500) return;
    logger.info(
      {
        method,
        route,
        status,
        milliseconds: Math.round(reply.elapsedTime * 10) / 10,
        ...(answeredBy ?? {}),
        bytes: Number(request.headers['content-length'] ?? 0),
        remote: request.ip,
      },
      'access',
    );
  });
};

export const createApp = async (dependencies: AppDependencies): Promise<App> => {
  const { table, ready, classifier, beside, feedbackDesk, metrics, trustProxy, logger, limits } = dependencies;
  const app: App = Fastify({
    ...(trustProxy === undefined ? {} : { trustProxy }),
    loggerInstance: logger as FastifyBaseLogger,
    // The access log is ours: one line an answer.
    logController: new LogController({ disableRequestLogging: true }),
    clientErrorHandler: refuseBrokenRequest,
    requestTimeout: limits.receiveTimeoutMs,
    http: {
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, limits.receiveTimeoutMs),
      connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, limits.receiveTimeoutMs / 4),
    },
    exposeHeadRoutes: false,
    // What comes in on a connection that is open already is still answered while the server drains.
    return503OnClosing: false,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const error = new AppError('not_found', `nothing at ${request.method} ${pathname}; see /openapi.json`);
    return sendProblem(error, request, reply);
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Graft serving',
        description: 'Inference on the versions that the ledger deploys.',
        version: versionInfo().graft,
      },
    },
    transform: (route) => {
      const transformed = jsonSchemaTransform(route);
      return { ...transformed, url: plainRoute(transformed.url) };
    },
    transformObject: jsonSchemaTransformObject,
  });
  traceRequests(app);
  observe(app, dependencies);
  drainOnClose(app);
  const readBody = createBodyReader(app, { totalBytes: limits.maxBodiesBytes });

  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  await app.register((scope) =>
    inferenceRoutes(scope as App, {
      table,
      beside,
      ready,
      maxBatch: limits.maxBatch,
      readBody,
      bodyLimitBytes: limits.maxInferenceBytes,
      deadlineMs: limits.deadlineMs,
    }),
  );
  await app.register((scope) =>
    classifyRoutes(scope as App, {
      classifier,
      readBody,
      maxImageBytes: limits.maxImageBytes,
      maxImages: limits.maxBatch,
      maxFormBytes: Math.max(limits.maxInferenceBytes, limits.maxImageBytes),
    }),
  );
  await app.register((scope) => feedbackRoutes(scope as App, { desk: feedbackDesk }));
  await app.register((scope) => pinRoutes(scope as App, dependencies.pinning));
  return app;
};

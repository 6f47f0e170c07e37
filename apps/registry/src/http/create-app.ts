/** The HTTP side put together: plugins, guard, errors, routes, drain. */
import { createHash } from 'node:crypto';
import type { Links } from '@graft/contracts';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { fastifySSE } from '@fastify/sse';
import swagger from '@fastify/swagger';
import { versionInfo, type Logger, type Metrics } from '@graft/platform';
import { drainOnClose, refuseBrokenRequest } from '@graft/platform/http';
import Fastify, { type FastifyBaseLogger } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Database } from '../db/database.js';
import type { EventFeed } from '../events/event-feed.js';
import { isOperation } from '../rules/roles.js';
import type { Services } from '../services/index.js';
import type { RefusalLog } from '../services/refusals.js';
import type { App } from './app-types.js';
import { serveConsole } from './console.js';
import { createGuard } from './auth.js';
import { checkTexts } from './check-texts.js';
import { describeRoute, describeSchemas } from './describe-route.js';
import { addEtags } from './etags.js';
import { keepAnswers } from './idempotency.js';
import { measureRequests } from './measure-requests.js';
import { MLFLOW_PREFIX, mlflowRoutes } from './mlflow/routes.js';
import { noteRefusals } from './note-refusals.js';
import { handleErrors } from './problems.js';
import { artifactRoutes } from './routes/artifacts.js';
import { callerRoutes } from './routes/caller.js';
import { correctionRoutes } from './routes/corrections.js';
import { datasetContentRoutes } from './routes/dataset-contents.js';
import { datasetRoutes } from './routes/datasets.js';
import { deploymentRoutes } from './routes/deployments.js';
import { epochRoutes } from './routes/epochs.js';
import { eventRoutes } from './routes/events.js';
import { feedbackRoutes } from './routes/feedback.js';
import { freezeRoutes } from './routes/freezes.js';
import { modelRoutes } from './routes/models.js';
import { operationRoutes } from './routes/operations.js';
import { pipelineRoutes } from './routes/pipelines.js';
import { refusalRoutes } from './routes/refusals.js';
import { replicaRoutes } from './routes/replicas.js';
import { storageRoutes } from './routes/storage.js';
import { bulkClassificationRoutes } from './routes/bulk-classifications.js';
import { reproductionRoutes } from './routes/reproductions.js';
import { runRoutes } from './routes/runs.js';
import { selectionRoutes } from './routes/selections.js';
import { sessionRoutes } from './routes/sessions.js';
import { tokenRoutes } from './routes/tokens.js';
import { trialRoutes } from './routes/trials.js';
import { uploadRoutes } from './routes/uploads.js';
import { watchRoutes } from './routes/watches.js';
import { webhookRoutes } from './routes/webhooks.js';

/** A dataset version lists its labels and sources; a batch holds a thousand run events. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
/** For each token: far above what a stack does, far below what would starve the others. */
const REQUESTS_A_MINUTE = 30_000;
const HEARTBEAT_MS = 10_000;

export interface AppDependencies {
  readonly db: Database;
  readonly services: Services;
  readonly feed: EventFeed;
  readonly refusals: RefusalLog;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Where the console was built to. */
  readonly consoleFolder: string | null;
  /** Where upload addresses lead to; null: none are given out. */
  readonly uploadOrigin: string | null;
  /** Where else people look. */
  readonly links: Links;
  /** See createGuard. */
  readonly trustActor: boolean;
}

const register = async (app: App): Promise<void> => {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  });
  await app.register(rateLimit, {
    max: REQUESTS_A_MINUTE,
    timeWindow: 60_000,
    keyGenerator: ({ headers, ip }) =>
      headers.authorization === undefined ? ip : createHash('sha256').update(headers.authorization).digest('hex'),
  });
  await app.register(fastifySSE, { heartbeatInterval: HEARTBEAT_MS });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Graft registry',
        description: 'Datasets, pipelines, runs, models, reviews, the ledger and what is deployed.',
        version: versionInfo().graft,
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: describeRoute,
    transformObject: describeSchemas,
  });
};

/** What is open to those alone whom the table of rights names: the rest tells how the process is, and how to call it. */
const isGuarded = (url: string): boolean => [`/v1/`, `${MLFLOW_PREFIX}/`].some((prefix) => url.startsWith(prefix));

/** No guarded route without an entry in the table of rights. */
const guardRoutes = (app: App, { db, trustActor }: AppDependencies): void => {
  const guard = createGuard({ db, trustActor });
  app.decorateRequest('principal', null);
  app.decorateRequest('token', null);
  app.addHook('onRoute', ({ url, schema }) => {
    const operation = schema?.operationId;
    if (isGuarded(url) && (operation === undefined || !isOperation(operation))) {
      throw new Error(`${url}: ${operation ?? 'a route without operationId'} is not in the table of rights`);
    }
  });
  app.addHook('onRequest', async (request) => {
    const { url, schema } = request.routeOptions;
    if (url !== undefined && isGuarded(url)) request.principal = await guard(request, schema?.operationId ?? '');
  });
};

export const createApp = async (dependencies: AppDependencies): Promise<App> => {
  const { db, services, feed, refusals, consoleFolder, logger, metrics } = dependencies;
  const app: App = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    disableRequestLogging: true,
    clientErrorHandler: refuseBrokenRequest,
    bodyLimit: BODY_LIMIT_BYTES,
    exposeHeadRoutes: false,
    // An ingestion is known by its workflow's id.
    routerOptions: { maxParamLength: 600 },
    return503OnClosing: false,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  handleErrors(app);
  const closing = drainOnClose(app);
  await register(app);
  measureRequests(app, metrics);
  guardRoutes(app, dependencies);
  noteRefusals(app, refusals);
  checkTexts(app);
  keepAnswers(app, { db, logger });
  addEtags(app);

  operationRoutes(app, { db, metrics });
  callerRoutes(app, dependencies.links);
  artifactRoutes(app, services);
  datasetRoutes(app, services);
  datasetContentRoutes(app, services);
  uploadRoutes(app, services);
  correctionRoutes(app, services);
  watchRoutes(app, services);
  pipelineRoutes(app, services);
  runRoutes(app, services);
  selectionRoutes(app, services);
  reproductionRoutes(app, services);
  bulkClassificationRoutes(app, services);
  modelRoutes(app, services);
  deploymentRoutes(app, services);
  trialRoutes(app, services);
  feedbackRoutes(app, services);
  freezeRoutes(app, services);
  epochRoutes(app, services);
  replicaRoutes(app, services);
  storageRoutes(app, services);
  refusalRoutes(app, refusals);
  tokenRoutes(app, services);
  sessionRoutes(app, services);
  webhookRoutes(app, services);
  eventRoutes(app, {
    feed,
    closing,
    isLive: ({ kind, id }) => (kind === 'session' ? db.sessions : db.tokens).isLive(id),
  });
  await mlflowRoutes(app, services.catalogue);
  await serveConsole(app, { folder: consoleFolder, uploadOrigin: dependencies.uploadOrigin });
  return app;
};

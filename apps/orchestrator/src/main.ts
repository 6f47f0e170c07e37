/** The orchestrator: runs the workflows, ingests what lands, dispatches promotions. This file composes it from adapters. */
import { createContentStore } from '@graft/artifacts';
import { exitCodeOf, toAppError } from '@graft/contracts';
import {
  createLogger,
  createMetrics,
  onShutdown,
  readEnvironment,
  startHealthServer,
  versionInfo,
} from '@graft/platform';
import { createRegistryClient } from '@graft/registry-client';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { createControlActivities } from './activities/control/create-control-activities.js';
import type { Watchers } from './activities/control/dependencies.js';
import { createIngestActivities } from './activities/ingest/create-ingest-activities.js';
import { createUnseenObjects } from './activities/ingest/unseen-objects.js';
import { temporalScope } from '@graft/platform/temporal';
import { orchestratorEnvironmentSchema, type OrchestratorEnvironment } from './environment.js';
import { dispatchDatasets } from './listeners/dataset-dispatcher.js';
import { createLandingGatherer, type LandingGatherer } from './listeners/landing-gatherer.js';
import { listenForLandings } from './listeners/landing-listener.js';
import { startLandingWebhook, type LandingWebhook } from './listeners/landing-webhook.js';
import { dispatchPromotions } from './listeners/promotion-dispatcher.js';
import { dispatchCancellations, dispatchRequestedRuns } from './listeners/run-dispatcher.js';
import { keepSchedules } from './listeners/schedule-keeper.js';
import { dispatchBulks, dispatchReproductions, dispatchSelections } from './listeners/under-way-dispatcher.js';
import { createCronSchedules } from './temporal/cron-schedules.js';
import {
  ensureReconcileSchedule,
  signalWatcher,
  startPromotion,
  cancelRetrain,
  startClassifyPrefix,
  startReproduction,
  startRetrain,
  startSelection,
} from './temporal/workflow-starts.js';
import { openBucket } from './open-bucket.js';
import { createPictureThreads } from './pictures/picture-threads.js';
import { createTrainers } from './temporal/trainers.js';
import { createOrchestratorWorkers, installRuntime } from './temporal/workers.js';

/** Replicas are looked at so often while a promotion waits for them. */
const REPLICA_POLL_MS = 250;

const logger = createLogger({ service: 'orchestrator' });

/** Null where no store posts its events. */
const startWebhook = async (
  environment: OrchestratorEnvironment,
  gatherer: LandingGatherer,
): Promise<LandingWebhook | null> => {
  const token = environment.GRAFT_LANDING_WEBHOOK_TOKEN;
  if (token === undefined) return null;
  const webhook = await startLandingWebhook({
    port: environment.GRAFT_LANDING_WEBHOOK_PORT,
    host: environment.GRAFT_HOST,
    bucket: environment.GRAFT_LANDING_BUCKET,
    ...{ token, gatherer, logger },
  });
  logger.info({ url: webhook.url }, 'landing events are taken');
  return webhook;
};

const start = async (): Promise<void> => {
  const environment = readEnvironment(orchestratorEnvironmentSchema);
  installRuntime(logger);
  const address = environment.TEMPORAL_ADDRESS;
  const namespace = environment.TEMPORAL_NAMESPACE;
  const connection = await Connection.connect({ address });
  const nativeConnection = await NativeConnection.connect({ address });
  const client = new Client({ connection, namespace });

  const registry = createRegistryClient({
    url: environment.GRAFT_REGISTRY_URL,
    token: environment.GRAFT_REGISTRY_TOKEN,
  });
  const objects = openBucket(environment, environment.GRAFT_ARTIFACTS_BUCKET);
  const landing = openBucket(environment, environment.GRAFT_LANDING_BUCKET);
  await Promise.all([objects.ensureBucket(), landing.ensureBucket(), registry.ready()]);

  const blobs = createContentStore(objects);
  const zone = { registry, landing, objects, blobs };
  const watchers: Watchers = { signal: (dataset, hint) => signalWatcher(client, dataset, hint) };
  const shared = { logger, scope: temporalScope, now: () => new Date() };
  const pictures = createPictureThreads(new URL('./picture-worker.js', import.meta.url));
  const workers = await createOrchestratorWorkers(
    {
      connection: nativeConnection,
      namespace,
      ingestConcurrency: environment.GRAFT_INGEST_CONCURRENCY,
      ingest: createIngestActivities({ ...zone, ...shared, describe: pictures.describe }),
      control: createControlActivities({
        ...shared,
        registry,
        blobs,
        bucket: (name) => openBucket(environment, name),
        ownBuckets: { landing: environment.GRAFT_LANDING_BUCKET, artifacts: environment.GRAFT_ARTIFACTS_BUCKET },
        watchers,
        trainers: createTrainers(client, namespace),
        unseenObjects: createUnseenObjects(zone),
        code: versionInfo(),
        pollMs: REPLICA_POLL_MS,
      }),
    },
    logger,
  );
  await ensureReconcileSchedule(client, environment.GRAFT_RECONCILE_SECONDS);

  const health =
    environment.GRAFT_HEALTH_PORT === undefined
      ? null
      : await startHealthServer({
          port: environment.GRAFT_HEALTH_PORT,
          host: environment.GRAFT_HOST,
          ready: () => workers.isPolling(),
          metrics: createMetrics({ service: 'orchestrator' }),
        });

  const stopping = new AbortController();
  const background = { logger, signal: stopping.signal };
  const gatherer = createLandingGatherer({ registry, watchers, ...background });
  const webhook = await startWebhook(environment, gatherer);
  const running = workers.run();
  const listening = Promise.all([
    listenForLandings({ events: landing, gatherer, ...background }),
    dispatchDatasets({ registry, watchers, ...background }),
    dispatchCancellations({ registry, cancel: (run) => cancelRetrain(client, run), ...background }),
    dispatchRequestedRuns({ registry, start: (run) => startRetrain(client, run), ...background }),
    keepSchedules({ registry, schedules: createCronSchedules(client), ...background }),
    dispatchPromotions({ registry, start: (id) => startPromotion(client, id), ...background }),
    dispatchSelections({ registry, start: (id) => startSelection(client, id), ...background }),
    dispatchReproductions({ registry, start: (id) => startReproduction(client, id), ...background }),
    dispatchBulks({ registry, start: (id) => startClassifyPrefix(client, id), ...background }),
  ]);
  const shutdown = onShutdown({
    logger,
    timeoutMs: 15_000,
    close: async () => {
      stopping.abort();
      workers.shutdown();
      await Promise.allSettled([running, listening]);
      const parts = [connection, nativeConnection, health, webhook, pictures];
      await Promise.allSettled(parts.map((part) => part?.close()));
    },
  });
  logger.info({ reconcileSeconds: environment.GRAFT_RECONCILE_SECONDS, ...versionInfo() }, 'orchestrator: polling');
  await Promise.race([running, listening]).catch((thrown: unknown) => {
    logger.fatal({ err: thrown }, 'orchestrator: a part of it failed');
    process.exitCode = 1;
    shutdown.close();
  });
};

start().catch((thrown: unknown) => {
  const error = toAppError(thrown);
  logger.fatal({ err: error, code: error.code }, 'orchestrator: not started');
  process.exit(exitCodeOf(error.code));
});

/** The replica as a process, or several behind a front: environment in, server up, ends well on a signal. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContentStore, createMinioStore } from '@graft/artifacts';
import { exitCodeOf, toAppError } from '@graft/contracts';
import { createLogger, detectCpuClass, graftPaths, onShutdown, readEnvironment } from '@graft/platform';
import { createRegistryClient } from '@graft/registry-client';
import { replicaIdOf, servingEnvironmentSchema, type ServingEnvironment } from './environment.js';
import { onFrontGone, spawnReplica, tellFront } from './front/spawn-replica.js';
import { startFront } from './front/start-front.js';
import { startServing } from './start-serving.js';
import { startTracing } from './tracing/start-tracing.js';

const logger = createLogger({ service: 'serving' });

/** A drain may take as long as the slowest request. */
const DRAIN_MS = 10_000;

const runFront = async (env: ServingEnvironment): Promise<void> => {
  const front = await startFront({
    // Said late, a lease's end would be that of the replica's successor.
    registry: createRegistryClient({ url: env.GRAFT_REGISTRY_URL, token: env.GRAFT_REGISTRY_TOKEN, retries: 0 }),
    host: env.GRAFT_HOST,
    port: env.GRAFT_SERVING_PORT,
    replicas: env.GRAFT_SERVING_REPLICAS,
    replicaId: (port) => replicaIdOf(env, port),
    spawn: spawnReplica(process.argv[1] ?? ''),
    token: env.GRAFT_REGISTRY_TOKEN,
    deadlineMs: env.GRAFT_SERVING_DEADLINE_MS,
    logger,
  });
  logger.info(
    { url: front.url, environment: env.GRAFT_ENVIRONMENT, replicas: env.GRAFT_SERVING_REPLICAS },
    'front: started',
  );
  onShutdown({ logger, close: () => front.close(), timeoutMs: env.GRAFT_SERVING_DEADLINE_MS + 2 * DRAIN_MS });
};

const bucketOf = (env: ServingEnvironment, bucket: string): ReturnType<typeof createMinioStore> =>
  createMinioStore({
    endpoint: env.GRAFT_S3_ENDPOINT,
    accessKey: env.GRAFT_S3_ACCESS_KEY,
    secretKey: env.GRAFT_S3_SECRET_KEY,
    region: env.GRAFT_S3_REGION,
    bucket,
  });

const runReplica = async (env: ServingEnvironment): Promise<void> => {
  const tracing = await startTracing({
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    serviceName: env.OTEL_SERVICE_NAME,
  });
  const registry = createRegistryClient({ url: env.GRAFT_REGISTRY_URL, token: env.GRAFT_REGISTRY_TOKEN });
  const serving = await startServing({
    registry,
    blobs: createContentStore(bucketOf(env, env.GRAFT_ARTIFACTS_BUCKET)),
    ...(env.GRAFT_SERVING_KEEP.length === 0
      ? {}
      : {
          keeping: {
            reasons: env.GRAFT_SERVING_KEEP,
            unsureBelow: env.GRAFT_SERVING_KEEP_BELOW,
            perHour: env.GRAFT_SERVING_KEEP_PER_HOUR,
            ...{ landing: bucketOf(env, env.GRAFT_LANDING_BUCKET), registry },
          },
        }),
    cacheFolder: join(graftPaths().cacheDir, 'serving'),
    ...(env.GRAFT_SERVING_TRY_LOADS
      ? { loadProgram: fileURLToPath(new URL('./load-process.js', import.meta.url)) }
      : {}),
    stateFolder: join(graftPaths().stateDir, 'serving'),
    host: env.GRAFT_HOST,
    port: env.GRAFT_SERVING_PORT,
    ...(env.GRAFT_SERVING_URL === undefined ? {} : { url: env.GRAFT_SERVING_URL }),
    environment: env.GRAFT_ENVIRONMENT,
    replicaId: (port) => replicaIdOf(env, port),
    leaseSeconds: env.GRAFT_LEASE_SECONDS,
    cpuClass: detectCpuClass(),
    threads: env.GRAFT_SERVING_THREADS,
    batching: {
      maxBatch: env.GRAFT_SERVING_MAX_BATCH,
      maxDelayMs: env.GRAFT_SERVING_MAX_DELAY_MS,
      maxQueue: env.GRAFT_SERVING_MAX_QUEUE,
    },
    decoders: env.GRAFT_SERVING_DECODERS,
    deadlineMs: env.GRAFT_SERVING_DEADLINE_MS,
    maxImageBytes: env.GRAFT_SERVING_MAX_IMAGE_BYTES,
    feedbackDays: env.GRAFT_FEEDBACK_DAYS,
    token: env.GRAFT_REGISTRY_TOKEN,
    ...(env.GRAFT_SERVING_TRUST_PROXY === undefined ? {} : { trustProxy: env.GRAFT_SERVING_TRUST_PROXY }),
    logger,
  });
  logger.info({ url: serving.url, environment: env.GRAFT_ENVIRONMENT }, 'serving: started');
  const shutdown = onShutdown({
    logger,
    close: () => serving.close().finally(() => tracing?.stop()),
    timeoutMs: env.GRAFT_SERVING_DEADLINE_MS + DRAIN_MS,
  });
  tellFront({ url: serving.url });
  onFrontGone(() => shutdown.close());
};

const start = async (): Promise<void> => {
  const env = readEnvironment(servingEnvironmentSchema);
  await (env.GRAFT_SERVING_REPLICAS > 1 ? runFront(env) : runReplica(env));
};

start().catch((thrown: unknown) => {
  const error = toAppError(thrown);
  logger.fatal({ err: error }, 'serving: it did not start');
  process.exitCode = exitCodeOf(error.code);
});

/** The replica as a process: environment in, server up, ends well on a signal. */
import { join } from 'node:path';
import { createContentStore, createMinioStore } from '@graft/artifacts';
import { exitCodeOf, toAppError } from '@graft/contracts';
import { createLogger, detectCpuClass, graftPaths, onShutdown, readEnvironment } from '@graft/platform';
import { createRegistryClient } from '@graft/registry-client';
import { replicaIdOf, servingEnvironmentSchema } from './environment.js';
import { startServing } from './start-serving.js';
import { startTracing } from './tracing/start-tracing.js';

const logger = createLogger({ service: 'serving' });

const start = async (): Promise<void> => {
  const env = readEnvironment(servingEnvironmentSchema);
  const tracing = await startTracing({
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    serviceName: env.OTEL_SERVICE_NAME,
  });
  const serving = await startServing({
    registry: createRegistryClient({ url: env.GRAFT_REGISTRY_URL, token: env.GRAFT_REGISTRY_TOKEN }),
    blobs: createContentStore(
      createMinioStore({
        endpoint: env.GRAFT_S3_ENDPOINT,
        accessKey: env.GRAFT_S3_ACCESS_KEY,
        secretKey: env.GRAFT_S3_SECRET_KEY,
        region: env.GRAFT_S3_REGION,
        bucket: env.GRAFT_ARTIFACTS_BUCKET,
      }),
    ),
    cacheFolder: join(graftPaths().cacheDir, 'serving'),
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
    logger,
  });
  logger.info({ url: serving.url, environment: env.GRAFT_ENVIRONMENT }, 'serving: started');
  // A drain may take as long as the slowest request.
  onShutdown({
    logger,
    close: () => serving.close().finally(() => tracing?.stop()),
    timeoutMs: env.GRAFT_SERVING_DEADLINE_MS + 10_000,
  });
};

start().catch((thrown: unknown) => {
  const error = toAppError(thrown);
  logger.fatal({ err: error }, 'serving: it did not start');
  process.exitCode = exitCodeOf(error.code);
});

/** The trainer: embeds, trains, exports and evaluates what workflows ask for. This file composes it from adapters. */
import { fileURLToPath } from 'node:url';
import { createContentStore, createMinioStore } from '@graft/artifacts';
import { exitCodeOf, toAppError } from '@graft/contracts';
import { describeDevice, onnxruntimeVersion } from '@graft/models';
import {
  createLogger,
  createMetrics,
  detectCpuClass,
  graftPaths,
  onShutdown,
  readEnvironment,
  startHealthServer,
  versionInfo,
} from '@graft/platform';
import { createRegistryClient } from '@graft/registry-client';
import { createTrainerActivities } from './activities.js';
import { temporalScope } from '@graft/platform/temporal';
import { defaultThreads } from './dependencies.js';
import { trainerEnvironmentSchema } from './environment.js';
import { createTrainerMetrics } from './metrics.js';
import { withReproductions } from './reproduce/reproduction-runs.js';
import { createRuntimeCache } from './runtime-cache.js';
import { defaultMemoryMib } from './train/memory.js';
import { createWorkers } from './workers.js';

const logger = createLogger({ service: 'trainer' });

const start = async (): Promise<void> => {
  const environment = readEnvironment(trainerEnvironmentSchema);
  const metrics = createMetrics({ service: 'trainer' });
  const counters = createTrainerMetrics(metrics);
  const openBucket = (bucket: string): ReturnType<typeof createMinioStore> =>
    createMinioStore({
      endpoint: environment.GRAFT_S3_ENDPOINT,
      accessKey: environment.GRAFT_S3_ACCESS_KEY,
      secretKey: environment.GRAFT_S3_SECRET_KEY,
      region: environment.GRAFT_S3_REGION,
      bucket,
    });
  const objects = openBucket(environment.GRAFT_ARTIFACTS_BUCKET);
  await objects.ensureBucket();
  const blobs = createContentStore(objects);
  const runtimes = createRuntimeCache({ blobs, threads: defaultThreads() });
  const activities = createTrainerActivities(
    {
      registry: withReproductions(
        createRegistryClient({
          url: environment.GRAFT_REGISTRY_URL,
          token: environment.GRAFT_REGISTRY_TOKEN,
        }),
      ),
      objects,
      bucket: openBucket,
      blobs,
      logger,
      machine: {
        onnxruntimeVersion: onnxruntimeVersion(),
        executionProvider: 'cpu',
        cpuClass: detectCpuClass(),
      },
      runtimes,
      scope: temporalScope,
      cacheDir: graftPaths().cacheDir,
      diskCache: environment.GRAFT_DISK_CACHE,
      trainProcessPath: fileURLToPath(new URL('./train-process.js', import.meta.url)),
      trainProcessHeapMib: environment.GRAFT_TRAIN_HEAP_MIB,
      trainMemoryMib: environment.GRAFT_TRAIN_MEMORY_MIB ?? defaultMemoryMib(),
      checkpointSeconds: environment.GRAFT_CHECKPOINT_SECONDS,
    },
    {
      onEmbedded: (images) => counters.embedded.inc(images),
      onTrainingProcess: () => counters.trainings.inc(),
    },
  );
  const workers = await createWorkers({ environment, activities, logger });
  counters.polling.set(0);
  const health =
    environment.GRAFT_HEALTH_PORT === undefined
      ? null
      : await startHealthServer({
          port: environment.GRAFT_HEALTH_PORT,
          host: environment.GRAFT_HOST,
          ready: () => {
            counters.polling.set(workers.isPolling() ? 1 : 0);
            return workers.isPolling();
          },
          metrics,
        });

  const running = workers.run();
  const shutdown = onShutdown({
    logger,
    timeoutMs: 15_000,
    close: async () => {
      workers.shutdown();
      await running.catch(() => undefined);
      await runtimes.close();
      await workers.close();
      await health?.close();
    },
  });
  if (environment.GRAFT_TRAINER_QUEUES.includes('train')) logger.info({ device: describeDevice() }, 'trainer: device');
  logger.info({ queues: environment.GRAFT_TRAINER_QUEUES, ...versionInfo() }, 'trainer: polling');
  await running.catch((thrown: unknown) => {
    logger.fatal({ err: thrown }, 'trainer: a worker failed');
    process.exitCode = 1;
    shutdown.close();
  });
};

start().catch((thrown: unknown) => {
  const error = toAppError(thrown);
  logger.fatal({ err: error, code: error.code }, 'trainer: not started');
  process.exit(exitCodeOf(error.code));
});

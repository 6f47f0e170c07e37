/** The activities over memory adapters, with real weights, a real onnxruntime and a real training process. */
import { readFileSync } from 'node:fs';
import { createContentStore, createMemoryStore, type ObjectStore } from '@graft/artifacts';
import {
  pipelineTrainSchema,
  type BlobStore,
  type Digest,
  type ManifestImage,
  type PlanTrainingInput,
  type TrainModelInput,
} from '@graft/contracts';
import { writeDatasetVersion } from '@graft/data';
import { onnxruntimeVersion } from '@graft/models';
import { createLogger, graftPaths } from '@graft/platform';
import { buildPrograms } from '@graft/tools/testing';
import { createTrainerActivities, type TrainerActivities, type TrainerHooks } from '../activities.js';
import { createRuntimeCache, type RuntimeCache } from '../runtime-cache.js';
import { createFakeRegistry, type FakeRegistry } from './fake-registry.js';
import { LABELS } from './synthetic-images.js';

/** Builds the training process as `tools/build.mjs` does. Answers its path. */
export const buildTrainProcess = async (): Promise<string> =>
  `${await buildPrograms('trainer', 'train-process', 'examples-worker')}/train-process.js`;

/** Builds a trainer that can be killed, beside the training process. Answers its path. */
export const buildTrainProgram = async (): Promise<string> =>
  `${await buildPrograms('trainer', 'testing/train-program')}/train-program.js`;

export const RUN_ID = 'run-1';

export interface Fixture {
  readonly objects: ObjectStore;
  /** Other buckets, empty at first. */
  readonly bucket: (name: string) => ObjectStore;
  readonly blobs: BlobStore;
  readonly registry: FakeRegistry;
  readonly runtimes: RuntimeCache;
  readonly heartbeats: () => number;
  readonly activities: (options?: { signal?: AbortSignal; hooks?: TrainerHooks }) => TrainerActivities;
  datasetVersion(images: readonly ManifestImage[], labels?: readonly string[]): Promise<Digest>;
  /** Plans a training and embeds what it needs: what a run does before it trains. Answers the input of `trainModel`. */
  prepare(options: {
    readonly images: readonly ManifestImage[];
    readonly labels?: readonly string[];
    readonly train?: PlanTrainingInput['train'];
  }): Promise<TrainModelInput>;
}

/** Fast and with a clear best epoch on a few images. */
export const TRAIN = pipelineTrainSchema.parse({ epochs: 12, batchSize: 16, learningRate: 0.0005, patience: 12 });

export const createFixture = (
  options: {
    trainProcessPath?: string;
    cacheDir?: string;
    trainMemoryMib?: number;
    checkpointSeconds?: number;
    objects?: ObjectStore;
    registry?: FakeRegistry;
    cpuClass?: string;
  } = {},
): Fixture => {
  const objects = options.objects ?? createMemoryStore();
  const buckets = new Map<string, ObjectStore>();
  const bucket = (name: string): ObjectStore => {
    const store = buckets.get(name) ?? createMemoryStore();
    buckets.set(name, store);
    return store;
  };
  const blobs = createContentStore(objects);
  const registry = options.registry ?? createFakeRegistry(RUN_ID);
  const runtimes = createRuntimeCache({ blobs });
  let heartbeats = 0;
  const datasetVersionOf = async (images: readonly ManifestImage[], labels: readonly string[] = LABELS) =>
    (await writeDatasetVersion(blobs, { dataset: 'shapes', labels, images })).id;
  const fixture: Fixture = {
    objects,
    bucket,
    blobs,
    registry,
    runtimes,
    heartbeats: () => heartbeats,
    activities: ({ signal = new AbortController().signal, hooks = {} } = {}) =>
      createTrainerActivities(
        {
          registry: registry.port,
          objects,
          bucket,
          blobs,
          logger: createLogger({ service: 'trainer-test', level: 'silent' }),
          machine: {
            onnxruntimeVersion: onnxruntimeVersion(),
            executionProvider: 'cpu',
            cpuClass: options.cpuClass ?? 'test',
          },
          runtimes,
          scope: () => ({ scheduledMs: Date.now(), signal, heartbeat: () => (heartbeats += 1) }),
          cacheDir: options.cacheDir ?? graftPaths().cacheDir,
          diskCache: false,
          trainProcessPath: options.trainProcessPath ?? 'not-built',
          trainProcessHeapMib: 512,
          trainMemoryMib: options.trainMemoryMib ?? 8192,
          checkpointSeconds: options.checkpointSeconds ?? 30,
        },
        hooks,
      ),
    datasetVersion: datasetVersionOf,
    prepare: async ({ images, labels, train = TRAIN }) => {
      const { embed } = fixture.activities();
      const datasetVersion = await datasetVersionOf(images, labels);
      const { plan } = await embed.planTraining({ runId: RUN_ID, datasetVersion, train });
      const { embedder } = await embed.prepareEmbedder({ runId: RUN_ID, plan, datasetVersion });
      const { chunks } = await embed.planEmbedding({ runId: RUN_ID, embedder, datasetVersion });
      for (const chunk of chunks) await embed.embedChunk({ runId: RUN_ID, embedder, chunk });
      return { runId: RUN_ID, plan, embedder, datasetVersion };
    },
  };
  return fixture;
};

/** Whether a process runs. One that ended and was not reaped yet (init may take its time) doesn't. */
export const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

/** What the activities are made of; main.ts composes it, tests compose it from memory adapters. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore } from '@graft/artifacts';
import type { Activations, BlobStore, Embedder, History, Run, RunEvent, RunPatch } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type {
  BulkClassificationRegistry,
  DatasetRegistry,
  ModelRegistry,
  PipelineRegistry,
  RunRegistry,
} from '@graft/registry-client';
import { createActivationCache, type ActivationCache } from './activation-cache/activation-cache.js';
import {
  activationKeyDigest,
  activationKeyOf,
  storageOf,
  type EmbeddingMachine,
} from './activation-cache/activation-key.js';
import { pinnedShards } from './activation-cache/pinned-shards.js';
import { createShardFiles, noShardFiles } from './activation-cache/shard-files.js';
import type { ActivityScope } from '@graft/platform/temporal';
import type { RuntimeCache } from './runtime-cache.js';

/** What trainers look at of a run. */
export type RunProgress = Pick<Run, 'state' | 'checkpoint' | 'embedded' | 'pipeline'>;

/** What trainers ask about runs, and tell of them; a reproduction may stand in a run's place. */
export interface TrainerRuns extends Pick<RunRegistry, 'postRunEvents'> {
  getRun(id: string): Promise<RunProgress>;
  patchRun(id: string, patch: RunPatch): Promise<unknown>;
  /** Of the first thousand events. */
  listRunEvents(id: string): Promise<Pick<RunEvent, 'stage' | 'kind' | 'at'>[]>;
}

export interface TrainerDependencies {
  readonly registry: TrainerRuns &
    Pick<ModelRegistry, 'getModelVersion' | 'listModelVersions'> &
    Pick<DatasetRegistry, 'getDataset' | 'getDatasetVersion'> &
    Pick<BulkClassificationRegistry, 'getBulk' | 'patchBulk'> &
    Pick<PipelineRegistry, 'getPipeline' | 'findPipelineEmbedder' | 'keepPipelineEmbedder'>;
  /** The artifacts bucket. */
  readonly objects: ObjectStore;
  /** Any bucket of the same endpoint: a person's weights and images need not lie in ours. */
  readonly bucket: (name: string) => Pick<ObjectStore, 'get' | 'list' | 'put'>;
  /** Content addressing over the artifacts bucket. */
  readonly blobs: BlobStore;
  readonly logger: Logger;
  readonly machine: EmbeddingMachine;
  readonly runtimes: RuntimeCache;
  readonly scope: () => ActivityScope;
  /** Holds downloaded weights and copies of activation shards. */
  readonly cacheDir: string;
  /** Whether activation shards are copied to the local disk. */
  readonly diskCache: boolean;
  /** The built program that trains (dist/apps/trainer/train-process.js). */
  readonly trainProcessPath: string;
  /** Heap limit of the training process, MiB; TensorFlow's own memory is outside it. */
  readonly trainProcessHeapMib: number;
  /** All memory that the training process may hold, MiB. */
  readonly trainMemoryMib: number;
  /** Seconds between two checkpoints of a training. */
  readonly checkpointSeconds: number;
}

/** One cache object a key, so that an index is read once in a worker's life and then only added to. */
export const createActivationCaches = (
  dependencies: Pick<TrainerDependencies, 'objects' | 'logger' | 'machine' | 'cacheDir' | 'diskCache'>,
): ((embedder: Embedder) => ActivationCache) => {
  const { objects, logger, machine, cacheDir, diskCache } = dependencies;
  const caches = new Map<string, ActivationCache>();
  return (embedder) => {
    const keyDocument = activationKeyOf(embedder, machine);
    const key = activationKeyDigest(keyDocument);
    const present = caches.get(key);
    if (present) return present;
    const files = diskCache ? createShardFiles(join(cacheDir, 'activations', key)) : noShardFiles;
    const cache = createActivationCache({
      objects,
      key,
      keyDocument,
      length: embedder.featureLength,
      storage: storageOf(embedder),
      logger,
      files,
    });
    caches.set(key, cache);
    return cache;
  };
};

/**
 * The activations of one document alone, to repeat a training on the very same numbers: of its shards, and of nothing that was
 * embedded since. What has to be computed again goes to the content store, where no other training reads it.
 */
export const createPinnedActivations = (
  {
    objects,
    blobs,
    logger,
    cacheDir,
    diskCache,
  }: Pick<TrainerDependencies, 'objects' | 'blobs' | 'logger' | 'cacheDir' | 'diskCache'>,
  embedder: Embedder,
  activations: Activations,
): ActivationCache => {
  const key = activationKeyDigest(activations.key);
  return createActivationCache({
    objects: pinnedShards({ objects, blobs, shards: activations.shards }),
    key,
    length: embedder.featureLength,
    storage: activations.key.storage,
    logger,
    files: diskCache ? createShardFiles(join(cacheDir, 'activations', key)) : noShardFiles,
  });
};

/** Threads of an ONNX session: every core, since a worker embeds one chunk at a time. */
export const defaultThreads = (): number => availableParallelism();

/** What a training ran on, for the lineage. @param tensorflow the package and version that trained. */
export const runtimeOf = (
  { onnxruntimeVersion, cpuClass }: EmbeddingMachine,
  tensorflow: string,
): History['runtime'] => ({
  tensorflow,
  onnxruntime: onnxruntimeVersion,
  node: process.version,
  cpuClass,
  threads: defaultThreads(),
});

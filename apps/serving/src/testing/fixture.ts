/** A replica on free ports over a fake registry and a store in memory; models, HTTP and disk cache are real. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContentStore, createMemoryStore } from '@graft/artifacts';
import type { Servable } from '@graft/contracts';
import { createLogger } from '@graft/platform';
import { startServing, type Serving, type ServingOptions } from '../start-serving.js';
import { createFakeRegistry, type FakeRegistry } from './fake-registry.js';
import { createTinyVersion, GREEN, RED, SIGNATURE, type TinyVersion } from './tiny-model.js';

export interface Fixture {
  readonly registry: FakeRegistry;
  readonly objects: ReturnType<typeof createMemoryStore>;
  readonly blobs: ReturnType<typeof createContentStore>;
  readonly cacheFolder: string;
  /** Registers version n of a model and keeps its files; gives what a deployment names it by. */
  publish(options: { model: string; version: number; variant?: string; made?: TinyVersion }): Promise<Servable>;
  start(overrides?: Partial<ServingOptions>): Promise<Serving>;
  dispose(): Promise<void>;
}

export const createFixture = async (): Promise<Fixture> => {
  const registry = createFakeRegistry();
  const objects = createMemoryStore();
  const blobs = createContentStore(objects);
  const cacheFolder = await mkdtemp(join(tmpdir(), 'graft-serving-'));
  const started: Serving[] = [];
  return {
    registry,
    objects,
    blobs,
    cacheFolder,
    publish: async ({ model, version, variant = 'fp32', made }) => {
      const { onnx, artifactDigest, goldenBytes, goldenDigest } =
        made ?? (await createTinyVersion({ turn: version - 1 }));
      for (const bytes of [onnx, goldenBytes, RED, GREEN]) await blobs.put(bytes);
      registry.register({
        model,
        version,
        signature: SIGNATURE,
        artifacts: [
          {
            kind: 'model',
            variant,
            digest: artifactDigest,
            sizeBytes: onnx.length,
            mediaType: 'application/onnx',
          },
        ],
      });
      return { version, variant, artifactDigest, goldenDigest };
    },
    start: async (overrides = {}) => {
      const serving = await startServing({
        registry,
        blobs,
        cacheFolder,
        host: '127.0.0.1',
        port: 0,
        environment: 'production',
        replicaId: (port) => `replica-${port}`,
        leaseSeconds: 5,
        cpuClass: 'avx2',
        threads: 1,
        batching: { maxBatch: 8, maxDelayMs: 2, maxQueue: 128 },
        decoders: 2,
        deadlineMs: 5_000,
        maxImageBytes: 100_000,
        token: 'a-token-of-the-tests',
        logger: createLogger({ service: 'serving', level: 'silent' }),
        startPatienceMs: 50,
        ...overrides,
      });
      started.push(serving);
      return serving;
    },
    dispose: async () => {
      for (const serving of started) await serving.close();
      await rm(cacheFolder, { recursive: true, force: true });
    },
  };
};

/** Asks until the answer is true. */
export const eventually = async (isTrue: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> => {
  const end = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`not true within ${withinMs} ms: ${isTrue.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

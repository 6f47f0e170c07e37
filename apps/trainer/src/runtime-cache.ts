/**
 * ONNX sessions that a worker keeps between activities: loading one costs more than embedding a few images. Their threads
 * don't spin, since the next batch is decoded while one runs.
 * At most `capacity` stay; the least recently used one is disposed of once nobody runs it.
 */
import type { BlobStore, Digest } from '@graft/contracts';
import { loadOnnxModel, type Runtime } from '@graft/models';

export interface RuntimeCache {
  /** Runs `work` with the model under this digest, loading it where needed. */
  use<T>(onnxDigest: Digest, work: (runtime: Runtime) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

interface Entry {
  readonly runtime: Promise<Runtime>;
  users: number;
}

export const createRuntimeCache = (options: {
  readonly blobs: BlobStore;
  readonly threads?: number;
  readonly capacity?: number;
  readonly load?: typeof loadOnnxModel;
}): RuntimeCache => {
  const { blobs, threads, capacity = 2, load = loadOnnxModel } = options;
  /** In order of last use. */
  const entries = new Map<Digest, Entry>();

  const dispose = async (digest: Digest, entry: Entry): Promise<void> => {
    entries.delete(digest);
    await (await entry.runtime).dispose();
  };
  const evict = async (): Promise<void> => {
    for (const [digest, entry] of entries) {
      if (entries.size <= capacity) return;
      if (entry.users === 0) await dispose(digest, entry);
    }
  };
  const open = (digest: Digest): Entry => {
    const present = entries.get(digest);
    if (present) return present;
    const runtime = blobs
      .get(digest)
      .then((bytes) => load(bytes, { spinning: false, ...(threads === undefined ? {} : { threads }) }));
    // One that didn't load is not kept: the next user tries again.
    runtime.catch(() => entries.delete(digest));
    return { runtime, users: 0 };
  };

  return {
    async use(digest, work) {
      const entry = open(digest);
      entries.delete(digest);
      entries.set(digest, entry);
      entry.users += 1;
      try {
        return await work(await entry.runtime);
      } finally {
        entry.users -= 1;
        await evict();
      }
    },
    async close() {
      for (const [digest, entry] of [...entries]) await dispose(digest, entry).catch(() => undefined);
    },
  };
};

/**
 * A run's checkpoints in the object store, under `checkpoints/<run>/<digest>.safetensors`, and the pointer to the newest
 * in the registry. The object comes first, then the pointer, then the older objects go: whatever is interrupted, a pointer
 * names bytes that are there.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ObjectStore } from '@graft/artifacts';
import type { CheckpointRef, Digest } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { TrainerRuns } from '../dependencies.js';

export interface RunCheckpointsOptions {
  readonly objects: Pick<ObjectStore, 'put' | 'get' | 'list' | 'remove'>;
  readonly registry: Pick<TrainerRuns, 'getRun' | 'patchRun'>;
  readonly logger: Logger;
  readonly runId: string;
  /** Digest of the plan that is followed: a checkpoint of another one is of no use. */
  readonly plan: Digest;
}

/** A checkpoint's file on this machine. */
export interface CheckpointFile {
  readonly path: string;
  readonly step: number;
  readonly digest: Digest;
}

export interface RunCheckpoints {
  /**
   * Writes the run's checkpoint to the file that `pathOf` names for its step.
   * @returns null where the run has none; why it can't be used, where it has one.
   */
  recover(pathOf: (step: number) => string): Promise<{ step: number } | { unusable: string } | null>;
  /**
   * Uploads a checkpoint and moves the pointer, in the background, one after another; where several wait, the newest
   * alone. Files that a newer one took the place of are removed. What fails is logged: the next one tries again.
   */
  keep(file: CheckpointFile): void;
  /** Resolves when nothing is under way any more; what waits is dropped. */
  settle(): Promise<void>;
  /** Takes the pointer back and removes every checkpoint of the run. */
  clear(): Promise<void>;
}

/** Where all checkpoints are. */
export const CHECKPOINTS = 'checkpoints/';

/** Whose checkpoint a key names; null for other objects. */
export const runOfCheckpoint = (key: string): string | null =>
  /^checkpoints\/(.+)\/[0-9a-f]{64}\.safetensors$/.exec(key)?.[1] ?? null;

/** Bytes hashed between two turns of the event loop: some 5 ms, while heartbeats and other work wait. */
const PIECE_BYTES = 2 ** 23;

const digestInPieces = async (bytes: Uint8Array): Promise<Digest> => {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    hash.update(bytes.subarray(at, at + PIECE_BYTES));
    await nextTurn();
  }
  return hash.digest('hex');
};

export const createRunCheckpoints = (options: RunCheckpointsOptions): RunCheckpoints => {
  const { objects, registry, logger, runId, plan } = options;
  const prefix = `${CHECKPOINTS}${runId}/`;
  const keyOf = (digest: Digest): string => `${prefix}${digest}.safetensors`;
  const keysThere = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of objects.list(prefix)) keys.push(key);
    return keys;
  };

  /** Objects that the next pointer makes needless. Another process's newer ones are never among them. */
  let older = new Set<string>();
  let newest: CheckpointFile | null = null;
  let waiting: CheckpointFile | null = null;
  let current: CheckpointFile | null = null;
  let uploading: Promise<void> | null = null;

  const upload = async ({ path, step, digest }: CheckpointFile): Promise<void> => {
    const key = keyOf(digest);
    await objects.put(key, await readFile(path), { mediaType: 'application/vnd.safetensors' });
    const checkpoint: CheckpointRef = { digest, plan, step };
    await registry.patchRun(runId, { checkpoint });
    const needless = [...older].filter((each) => each !== key);
    older = new Set([key]);
    for (const each of needless) await objects.remove(each);
  };

  const removeFile = (file: CheckpointFile): Promise<void> => rm(file.path, { force: true });

  const drain = async (): Promise<void> => {
    for (let file = waiting; file !== null; file = waiting) {
      [waiting, current] = [null, file];
      await upload(file).catch((thrown: unknown) => logger.warn({ err: thrown, runId }, 'checkpoint not kept'));
      current = null;
      if (newest !== file) await removeFile(file);
    }
    uploading = null;
  };

  const unusable = async (ref: CheckpointRef, pathOf: (step: number) => string): Promise<string | null> => {
    if (ref.plan !== plan) return `belongs to another plan (${ref.plan})`;
    const stored = await objects.get(keyOf(ref.digest));
    if (stored === null) return 'is not there any more';
    if ((await digestInPieces(stored.bytes)) !== ref.digest) return 'is damaged';
    await writeFile(pathOf(ref.step), stored.bytes);
    return null;
  };

  return {
    async recover(pathOf) {
      older = new Set(await keysThere());
      const { checkpoint: ref } = await registry.getRun(runId);
      if (ref === null) return null;
      const why = await unusable(ref, pathOf);
      return why === null ? { step: ref.step } : { unusable: `the checkpoint of step ${ref.step} ${why}` };
    },

    keep(file) {
      // The newest file stays, for a process that is started again; one that is being uploaded goes when that is done.
      if (newest !== null && newest !== current && newest.path !== file.path) void removeFile(newest);
      [newest, waiting] = [file, file];
      uploading ??= drain();
    },

    async settle() {
      waiting = null;
      await uploading;
    },

    async clear() {
      await registry.patchRun(runId, { checkpoint: null });
      for (const key of await keysThere()) await objects.remove(key);
    },
  };
};

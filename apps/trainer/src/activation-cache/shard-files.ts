/**
 * A read-through copy of shards on the local disk, so that a worker reads each shard over the network once.
 * It is only ever a copy: a file is checked against its name when it is read, and removed when it doesn't match.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Digest } from '@graft/contracts';
import { sha256Of } from './shard.js';

export interface ShardFiles {
  /** The bytes, verified; null where there is no good copy. */
  read(shard: Digest): Promise<Uint8Array | null>;
  /** Keeps a copy. A full or read-only disk is no reason to fail. */
  write(shard: Digest, bytes: Uint8Array): Promise<void>;
  /** Removes the copies of all others: what was removed of the store leaves no copy here. */
  keepOnly(shards: ReadonlySet<Digest>): Promise<void>;
}

const ENDING = '.safetensors';

export const createShardFiles = (folder: string): ShardFiles => {
  const pathOf = (shard: Digest): string => join(folder, `${shard}${ENDING}`);
  return {
    async read(shard) {
      const bytes = await readFile(pathOf(shard)).catch(() => null);
      if (bytes === null) return null;
      if (sha256Of(bytes) === shard) return bytes;
      await rm(pathOf(shard), { force: true }).catch(() => undefined);
      return null;
    },
    async write(shard, bytes) {
      const unfinished = join(folder, `${randomUUID()}.part`);
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(unfinished, bytes);
        await rename(unfinished, pathOf(shard));
      } catch {
        await rm(unfinished, { force: true }).catch(() => undefined);
      }
    },
    async keepOnly(shards) {
      const names = await readdir(folder).catch(() => []);
      const others = names.filter((name) => name.endsWith(ENDING) && !shards.has(name.slice(0, -ENDING.length)));
      await Promise.all(others.map((name) => rm(join(folder, name), { force: true }).catch(() => undefined)));
    },
  };
};

/** No disk: every read goes to the object store. */
export const noShardFiles: ShardFiles = {
  read: async () => null,
  write: async () => undefined,
  keepOnly: async () => undefined,
};

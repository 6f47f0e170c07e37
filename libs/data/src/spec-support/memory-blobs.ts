/** A blob store that is a Map, and tells what was put: for tests of this library alone. */
import { AppError, digestOfBytes, type BlobStore, type Digest } from '@graft/contracts';

export interface MemoryBlobs extends BlobStore {
  readonly objects: Map<Digest, Uint8Array>;
  /** Digests put since the last `puts.length = 0`, doubles included. */
  readonly puts: Digest[];
}

export const createMemoryBlobs = (): MemoryBlobs => {
  const objects = new Map<Digest, Uint8Array>();
  const puts: Digest[] = [];
  return {
    objects,
    puts,
    put: async (bytes) => {
      const digest = digestOfBytes(bytes);
      objects.set(digest, bytes);
      puts.push(digest);
      return digest;
    },
    get: async (digest) => {
      const bytes = objects.get(digest);
      if (!bytes) throw new AppError('not_found', `no object ${digest}`);
      return bytes;
    },
    has: async (digest) => objects.has(digest),
  };
};

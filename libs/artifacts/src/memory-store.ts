/** The object store in this process's memory: for tests, and as the shortest telling of the port. */
import { createHash } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import { readFile } from 'node:fs/promises';
import { checkKey, compareKeys, lowerCaseNames, tooLarge } from './object-key.js';
import type { BucketEvent, BucketEvents, ObjectInfo, ObjectStore, PutOptions, StoredObject } from './object-store.js';

/** What an opened object comes in, so that readers meet more than one piece. */
const PIECE_BYTES = 64 * 1024;

const toInfo = ({ key, sizeBytes, etag, lastModified }: StoredObject): ObjectInfo => ({
  key,
  sizeBytes,
  etag,
  lastModified,
});

/**
 * An empty store. Bytes are copied in and out: nobody changes an object through an array that they kept.
 * @param options.now when objects are put; default: the clock
 */
export const createMemoryStore = ({ now = () => new Date() }: { now?: () => Date } = {}): ObjectStore &
  BucketEvents => {
  const objects = new Map<string, StoredObject>();
  const created = new EventEmitter();
  created.setMaxListeners(0);

  const put = async (key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> => {
    checkKey(key);
    const object: StoredObject = {
      key,
      bytes: Uint8Array.from(bytes),
      sizeBytes: bytes.length,
      // As S3 does for what is put in one piece.
      etag: createHash('md5').update(bytes).digest('hex'),
      lastModified: now(),
      metadata: lowerCaseNames(options.metadata ?? {}),
    };
    objects.set(key, object);
    created.emit('created', { key } satisfies BucketEvent);
    return toInfo(object);
  };

  return {
    ensureBucket: async () => {},

    put,

    putFile: async (key, path, options) => put(key, await readFile(path), options),

    get: async (key, { maxBytes = Infinity } = {}) => {
      checkKey(key);
      const object = objects.get(key);
      if (object === undefined) return null;
      if (object.sizeBytes > maxBytes) throw tooLarge(key, object.sizeBytes, maxBytes);
      return { ...object, bytes: Uint8Array.from(object.bytes) };
    },

    open: async (key) => {
      checkKey(key);
      const object = objects.get(key);
      if (object === undefined) return null;
      const { bytes, metadata } = object;
      return {
        ...toInfo(object),
        ...{ mediaType: null, metadata },
        body: (async function* read() {
          for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.slice(at, at + PIECE_BYTES);
        })(),
      };
    },

    head: async (key) => {
      checkKey(key);
      const object = objects.get(key);
      return object === undefined ? null : toInfo(object);
    },

    async *list(prefix, { after = '' } = {}) {
      const keys = [...objects.keys()]
        .filter((key) => key.startsWith(prefix) && (after === '' || compareKeys(key, after) > 0))
        .sort(compareKeys);
      for (const key of keys) {
        const object = objects.get(key);
        if (object !== undefined) yield toInfo(object);
      }
    },

    remove: async (key) => {
      checkKey(key);
      objects.delete(key);
    },

    erase: async (key) => {
      checkKey(key);
      objects.delete(key);
    },

    async *created({ signal, prefix = '' }) {
      if (signal.aborted) return;
      try {
        for await (const [event] of on(created, 'created', { signal })) {
          if ((event as BucketEvent).key.startsWith(prefix)) yield event as BucketEvent;
        }
      } catch (thrown) {
        if (!signal.aborted) throw thrown;
      }
    },
  };
};

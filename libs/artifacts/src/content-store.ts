/** Content addressing over an object store: an object's key is the sha256 of its bytes, and every read verifies it. */
import { createHash } from 'node:crypto';
import { AppError, erasedError, toCanonicalDocument, type BlobStore, type Digest } from '@graft/contracts';
import { z } from 'zod';
import { contentKey } from './content-key.js';
import { readErasedMark } from './erased.js';
import type { ObjectStore } from './object-store.js';

const digestOf = (bytes: Uint8Array): Digest => createHash('sha256').update(bytes).digest('hex');

/** Up to here sending costs no more than asking first, and most of what is put is new. */
const ASK_FIRST_BYTES = 256 * 1024;

/**
 * Older than this, what is there is written again: whoever puts an object is about to refer to it, and its age is what keeps a
 * collection of garbage from it until then (reach/collect.ts). Half of the youngest age that is collected, less what clocks differ by.
 */
const FRESH_MS = 30 * 60_000;

/**
 * Keeps each sequence of bytes once. What is large and there already, with the right size and put lately, is not uploaded again; what
 * is small is written over itself.
 */
export const createContentStore = (objects: ObjectStore): BlobStore => ({
  put: async (bytes, options = {}) => {
    const digest = digestOf(bytes);
    const key = contentKey(digest);
    const present = bytes.length > ASK_FIRST_BYTES ? await objects.head(key) : null;
    const isFresh = present !== null && Date.now() - present.lastModified.getTime() < FRESH_MS;
    // Another size is damage: writing again repairs it.
    if (!isFresh || present.sizeBytes !== bytes.length) await objects.put(key, bytes, options);
    return digest;
  },

  get: async (digest, options = {}) => {
    const key = contentKey(digest);
    const object = await objects.get(key, options);
    if (object === null) {
      const mark = await readErasedMark(objects, digest);
      if (mark !== null) throw erasedError(mark);
      throw new AppError('not_found', `no object with digest ${digest}`, { details: { digest, key } });
    }
    const found = digestOf(object.bytes);
    if (found !== digest) {
      throw new AppError(
        'corrupt',
        `object ${key}: its ${object.sizeBytes} bytes should have digest ${digest}, found ${found}`,
        { details: { digest, found, sizeBytes: object.sizeBytes } },
      );
    }
    return object.bytes;
  },

  has: async (digest) => (await objects.head(contentKey(digest))) !== null,
});

/**
 * Keeps a value as canonical JSON.
 * @throws ZodError when the value doesn't fit the schema.
 */
export const writeDocument = async <S extends z.ZodType>(
  blobs: BlobStore,
  schema: S,
  value: z.input<S>,
): Promise<Digest> => blobs.put(toCanonicalDocument(schema, value).bytes, { mediaType: 'application/json' });

/**
 * The document under a digest.
 * @throws AppError `not_found`; `corrupt` when the bytes have another digest, or aren't a document of this schema.
 */
export const readDocument = async <S extends z.ZodType>(
  blobs: BlobStore,
  schema: S,
  digest: Digest,
): Promise<z.output<S>> => {
  const bytes = await blobs.get(digest);
  try {
    return schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new AppError('corrupt', `object ${digest} is not the document that was expected: ${why}`, {
      details: { digest },
      cause,
    });
  }
};

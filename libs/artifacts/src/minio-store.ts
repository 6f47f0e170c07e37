/**
 * The object store on MinIO, or on whatever else speaks S3, through the `minio` client.
 * A key that is a bare number (`0123`, no slash) is listed wrongly by that client, which reads it as a number; every
 * key of Graft has a slash.
 */
import { stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Client } from 'minio';
import pRetry from 'p-retry';
import { toClientOptions, type MinioOptions } from './minio-connection.js';
import { isNoSuchKey, translateMinioError } from './minio-errors.js';
import { listenCreated } from './minio-events.js';
import { fromMetadataHeaders, toMetadataHeaders } from './minio-metadata.js';
import { checkKey, tooLarge } from './object-key.js';
import type { BucketEvents, ObjectInfo, ObjectStore } from './object-store.js';

const unquote = (etag: string): string => etag.replaceAll('"', '');

/** Of a length that was announced: in one piece from the start, since pieces that are joined at the end are in memory twice. */
const readAnnounced = async (response: IncomingMessage, length: number): Promise<Buffer> => {
  const body = Buffer.allocUnsafeSlow(length);
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    if (size + piece.length > length) throw new Error(`more than the ${length} bytes came that were announced`);
    size += piece.copy(body, size);
  }
  if (size < length) throw new Error(`${size} bytes came of the ${length} that were announced`);
  return body;
};

/** The body, or null as soon as it is longer than `maxBytes`. */
const readBody = async (response: IncomingMessage, maxBytes: number): Promise<Buffer | null> => {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > maxBytes) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
};

/**
 * Connects on first use. What fails because the store is away is tried three times in half a second, then thrown.
 * @throws AppError from each method: `unavailable` (naming the endpoint), `forbidden`, `not_found` (the bucket),
 * `invalid_request` (the key).
 */
export const createMinioStore = (options: MinioOptions): ObjectStore & BucketEvents => {
  const { endpoint, bucket, region = 'us-east-1' } = options;
  const client = new Client(toClientOptions(options).client);

  const attempt = <T>(action: string, operation: () => Promise<T>): Promise<T> =>
    pRetry(
      async () => {
        try {
          return await operation();
        } catch (thrown) {
          throw translateMinioError(thrown, { endpoint, bucket, action });
        }
      },
      {
        retries: 2,
        minTimeout: 100,
        factor: 4,
        shouldRetry: ({ error }) => (error as { code?: unknown }).code === 'unavailable',
      },
    );

  const headers = (response: IncomingMessage, key: string, sizeBytes: number): ObjectInfo => ({
    key,
    sizeBytes,
    etag: unquote(response.headers.etag ?? ''),
    lastModified: new Date(response.headers['last-modified'] ?? 0),
  });

  const head = async (key: string): Promise<ObjectInfo | null> => {
    checkKey(key);
    return attempt(`head ${key}`, async () => {
      try {
        const { size, etag, lastModified } = await client.statObject(bucket, key);
        return { key, sizeBytes: size, etag, lastModified };
      } catch (thrown) {
        if (isNoSuchKey(thrown)) return null;
        throw thrown;
      }
    });
  };

  return {
    ensureBucket: () =>
      attempt('make the bucket', async () => {
        if (await client.bucketExists(bucket)) return;
        try {
          await client.makeBucket(bucket, region);
        } catch (thrown) {
          // Another process was quicker.
          if ((thrown as { code?: unknown }).code !== 'BucketAlreadyOwnedByYou') throw thrown;
        }
      }),

    put: async (key, bytes, { mediaType = 'application/octet-stream', metadata = {} } = {}) => {
      checkKey(key);
      const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return attempt(`put ${key}`, async () => {
        const meta = { 'Content-Type': mediaType, ...toMetadataHeaders(metadata) };
        const { etag } = await client.putObject(bucket, key, body, body.length, meta);
        return { key, sizeBytes: body.length, etag: unquote(etag), lastModified: new Date() };
      });
    },

    putFile: async (key, path, { mediaType = 'application/octet-stream', metadata = {} } = {}) => {
      checkKey(key);
      const { size } = await stat(path);
      return attempt(`put ${key}`, async () => {
        const meta = { 'Content-Type': mediaType, ...toMetadataHeaders(metadata) };
        const { etag } = await client.fPutObject(bucket, key, path, meta);
        return { key, sizeBytes: size, etag: unquote(etag), lastModified: new Date() };
      });
    },

    get: async (key, { maxBytes = Infinity } = {}) => {
      checkKey(key);
      return attempt(`get ${key}`, async () => {
        let response: IncomingMessage;
        try {
          // The stream is the HTTP response itself; its headers spare a second request for the metadata.
          response = (await client.getObject(bucket, key)) as IncomingMessage;
        } catch (thrown) {
          if (isNoSuchKey(thrown)) return null;
          throw thrown;
        }
        const length = response.headers['content-length'];
        const announced = length === undefined ? null : Number(length);
        if (announced !== null && announced > maxBytes) {
          response.destroy();
          throw tooLarge(key, announced, maxBytes);
        }
        const body = announced === null ? await readBody(response, maxBytes) : await readAnnounced(response, announced);
        if (body === null) throw tooLarge(key, null, maxBytes);
        return {
          ...headers(response, key, body.length),
          bytes: new Uint8Array(body.buffer, body.byteOffset, body.length),
          metadata: fromMetadataHeaders(response.headers),
        };
      });
    },

    open: async (key) => {
      checkKey(key);
      const translate = (thrown: unknown): unknown =>
        translateMinioError(thrown, { endpoint, bucket, action: `read ${key}` });
      return attempt(`open ${key}`, async () => {
        let response: IncomingMessage;
        try {
          response = (await client.getObject(bucket, key)) as IncomingMessage;
        } catch (thrown) {
          if (isNoSuchKey(thrown)) return null;
          throw thrown;
        }
        const sizeBytes = Number(response.headers['content-length'] ?? 0);
        const body = async function* read(): AsyncGenerator<Uint8Array> {
          try {
            yield* response as AsyncIterable<Buffer>;
          } catch (thrown) {
            throw translate(thrown);
          }
        };
        return {
          ...headers(response, key, sizeBytes),
          mediaType: response.headers['content-type'] ?? null,
          metadata: fromMetadataHeaders(response.headers),
          body: body(),
        };
      });
    },

    head,

    async *list(prefix, { after = '' } = {}) {
      try {
        for await (const item of client.listObjectsV2(bucket, prefix, true, after)) {
          const { name, size, etag, lastModified } = item as Partial<Record<string, unknown>>;
          if (typeof name !== 'string') continue;
          yield {
            key: name,
            sizeBytes: Number(size),
            etag: String(etag),
            lastModified: lastModified instanceof Date ? lastModified : new Date(0),
          };
        }
      } catch (thrown) {
        throw translateMinioError(thrown, { endpoint, bucket, action: `list ${prefix}` });
      }
    },

    remove: async (key) => {
      checkKey(key);
      await attempt(`remove ${key}`, () => client.removeObject(bucket, key));
    },

    erase: async (key) => {
      checkKey(key);
      await attempt(`erase ${key}`, async () => {
        // Listed as a prefix: other keys may begin with this one.
        const listed = client.listObjects(bucket, key, true, { IncludeVersion: true });
        for await (const item of listed as AsyncIterable<{ name?: string; versionId?: string }>) {
          // Where versions were never kept, the one there is goes by the name "null".
          if (item.name === key && item.versionId !== undefined) {
            await client.removeObject(bucket, key, { versionId: item.versionId });
          }
        }
      });
    },

    created: (listen) => listenCreated(options, listen),
  };
};

/** The answers of a bulk classification, from the object store into one file. */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ObjectStore } from '@graft/artifacts';
import { AppError, BULK_MANIFEST, bulkManifestSchema, type BulkManifest } from '@graft/contracts';

const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/** @throws AppError `not_found` where it isn't there */
export const readBulkManifest = async (store: Pick<ObjectStore, 'get'>, prefix: string): Promise<BulkManifest> => {
  const object = await store.get(prefix + BULK_MANIFEST, { maxBytes: MAX_MANIFEST_BYTES });
  if (object === null) throw new AppError('not_found', `there is no ${prefix}${BULK_MANIFEST}`);
  return bulkManifestSchema.parse(JSON.parse(new TextDecoder().decode(object.bytes)));
};

/**
 * Writes all parts, one after the other, into one file of JSON Lines: whole, or not at all.
 * @throws AppError `not_found` for a part that isn't there, `corrupt` for one that isn't what the manifest tells of
 */
export const fetchAnswers = async (
  store: Pick<ObjectStore, 'open'>,
  { prefix, parts, file }: { prefix: string; parts: BulkManifest['parts']; file: string },
): Promise<void> => {
  const partial = `${file}.${process.pid}.partial`;
  const read = async function* read(): AsyncGenerator<Uint8Array> {
    for (const { name, etag } of parts) {
      const opened = await store.open(prefix + name);
      if (opened === null) throw new AppError('not_found', `there is no ${prefix}${name}`);
      if (opened.etag !== etag)
        throw new AppError('corrupt', `${prefix}${name} is not what the manifest tells of: it was written over`);
      yield* opened.body;
    }
  };
  try {
    await pipeline(read(), createWriteStream(partial));
    await rename(partial, file);
  } catch (thrown) {
    await rm(partial, { force: true });
    throw thrown;
  }
};

/** Takes away what is under a prefix that was made for this alone. */
export const removeAnswers = async (store: Pick<ObjectStore, 'list' | 'remove'>, prefix: string): Promise<void> => {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  for (const key of keys) await store.remove(key);
};

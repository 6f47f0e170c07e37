/** Copies what a bucket holds into a folder of backups: bytes that are there already aren't read again. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { contentKey, createDigestingStream, type ObjectInfo, type ObjectStore } from '@graft/artifacts';
import { AppError, type BackupObject, type Digest } from '@graft/contracts';
import pLimit from 'p-limit';
import type { BackupFolder } from './backup-folder.js';

const CONCURRENCY = 16;
const CONTENT_KEY = /^sha256\/[0-9a-f]{2}\/([0-9a-f]{64})$/;

/** The digest that a key says its bytes have; null for a key that says none. */
const digestOfKey = (key: string): Digest | null => {
  const digest = CONTENT_KEY.exec(key)?.[1];
  return digest !== undefined && contentKey(digest) === key ? digest : null;
};

const hasBytes = async (path: string, sizeBytes: number): Promise<boolean> =>
  (await stat(path).catch(() => null))?.size === sizeBytes;

export interface BucketCopy {
  /** By key, in ascending order. */
  readonly objects: readonly BackupObject[];
  /** Objects that weren't copied, and why. */
  readonly leftOut: readonly { readonly key: string; readonly why: string }[];
  /** Of what was read and written now. */
  readonly newBytes: number;
}

export interface CopyOptions {
  /** What the backup before it says of this bucket, by key. */
  readonly before: ReadonlyMap<string, BackupObject>;
  readonly onProgress: (done: number, total: number) => void;
}

/** Reads an object into the folder. Null when it is gone. */
const copyObject = async (store: ObjectStore, key: string, folder: BackupFolder): Promise<BackupObject | null> => {
  const opened = await store.open(key);
  if (opened === null) return null;
  const digesting = createDigestingStream();
  // Under a name of its own until all of it is there: a file under a digest is whole.
  const temporary = folder.temporaryPath();
  try {
    await pipeline(
      Readable.from(opened.body),
      digesting.stream,
      createWriteStream(temporary, { mode: 0o600, flush: true }),
    );
    const { sha256, sizeBytes } = digesting.told();
    const path = folder.objectPath(sha256);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rename(temporary, path);
    return { key, sizeBytes, sha256, etag: opened.etag, mediaType: opened.mediaType, metadata: opened.metadata };
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
};

const NOT_ITS_BYTES = 'its bytes have another digest than its key says: ';

/**
 * Copies every object that is there when its turn comes. One whose bytes aren't those that its key names, or that can't be asked for, is
 * left out and told of.
 */
export const copyBucket = async (
  store: ObjectStore,
  folder: BackupFolder,
  { before, onProgress }: CopyOptions,
): Promise<BucketCopy> => {
  const listed: ObjectInfo[] = [];
  for await (const object of store.list('')) listed.push(object);
  const found = new Map<string, BackupObject>();
  const leftOut: { key: string; why: string }[] = [];
  let done = 0;
  let newBytes = 0;
  const read = async (key: string): Promise<void> => {
    const copied = await copyObject(store, key, folder).catch((thrown: unknown) => {
      // A key that the store lists and can't be asked for.
      if (!(thrown instanceof AppError) || thrown.code !== 'invalid_request') throw thrown;
      leftOut.push({ key, why: thrown.message });
      return null;
    });
    if (copied === null) return;
    newBytes += copied.sizeBytes;
    const named = digestOfKey(key);
    if (named === null || named === copied.sha256) found.set(key, copied);
    else leftOut.push({ key, why: `${NOT_ITS_BYTES}${copied.sha256}` });
  };
  const copy = async ({ key, etag, sizeBytes }: ObjectInfo): Promise<void> => {
    const known = before.get(key);
    const isKnown = known !== undefined && known.etag === etag && known.sizeBytes === sizeBytes;
    if (isKnown && (await hasBytes(folder.objectPath(known.sha256), sizeBytes))) found.set(key, known);
    else await read(key);
    done += 1;
    onProgress(done, listed.length);
  };
  const limit = pLimit(CONCURRENCY);
  await Promise.all(listed.map((object) => limit(() => copy(object)))).finally(() => limit.clearQueue());
  return { objects: listed.flatMap(({ key }) => found.get(key) ?? []), leftOut, newBytes };
};

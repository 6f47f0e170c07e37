/**
 * The object-store port: the few S3 operations that Graft needs. Adapters: minio, filesystem, memory; one contract
 * suite runs on each. Content addressing is built on top (content-store.ts).
 */

export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  /** Changes whenever the bytes do. */
  readonly etag: string;
  readonly lastModified: Date;
}

export interface StoredObject extends ObjectInfo {
  readonly bytes: Uint8Array;
  /** User metadata (`x-amz-meta-…`), names in lower case, without the prefix. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** An object whose bytes come as they are read. */
export interface OpenedObject extends ObjectInfo {
  /** Null where the store keeps none. */
  readonly mediaType: string | null;
  /** As of `StoredObject`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** To be read once, or left by `return`: a connection may hang on it. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface PutOptions {
  readonly mediaType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface ObjectStore {
  /** Makes the bucket where it is missing. */
  ensureBucket(): Promise<void>;
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<ObjectInfo>;
  /** Puts a file, however large: it is read piece by piece. */
  putFile(key: string, path: string, options?: PutOptions): Promise<ObjectInfo>;
  /**
   * The whole object, or null where there is none.
   * @throws AppError `too_large` when it is larger than `maxBytes` (nothing more than that is read).
   */
  get(key: string, options?: { maxBytes?: number }): Promise<StoredObject | null>;
  /** An object too large for memory, from its first byte on; null where there is none. Reading it fails as `get` does. */
  open(key: string): Promise<OpenedObject | null>;
  head(key: string): Promise<ObjectInfo | null>;
  /** Every object under a prefix, in ascending order of key; with `after`, those alone whose keys come after it. */
  list(prefix: string, options?: { after?: string }): AsyncIterable<ObjectInfo>;
  /** Removes an object; one that isn't there is no error. A bucket that keeps versions keeps its bytes as one of them. */
  remove(key: string): Promise<void>;
  /** Removes an object for good, with every version of it that the bucket keeps. */
  erase(key: string): Promise<void>;
}

export interface BucketEvent {
  readonly key: string;
}

/** A bucket's own notifications. An event may be lost or doubled: it is a hint, the listing is the truth. */
export interface BucketEvents {
  created(options: { signal: AbortSignal; prefix?: string }): AsyncIterable<BucketEvent>;
}

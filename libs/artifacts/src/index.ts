/** Where bytes are kept: the object-store port, its adapters, and content addressing on top. */
export type {
  BucketEvent,
  BucketEvents,
  ObjectInfo,
  ObjectStore,
  OpenedObject,
  PutOptions,
  StoredObject,
} from './object-store.js';
export { createMemoryStore } from './memory-store.js';
export { createFilesystemStore } from './filesystem-store.js';
export { createMinioStore } from './minio-store.js';
export { createUploadSigner } from './minio-upload-signer.js';
export type { UploadSignerOptions } from './minio-upload-signer.js';
export type { SignedPut, UploadSigner, UploadToSign } from './upload-signer.js';
export { readFromBuckets } from './read-from-buckets.js';
export type { MinioOptions } from './minio-connection.js';
export { contentKey } from './content-key.js';
export { createContentStore, readDocument, writeDocument } from './content-store.js';
export { eraseObject, listErased, readErasedMark } from './erased.js';
export { readLandingTails, removeLandingTails, writeLandingTail } from './landing-tails.js';
export type { LandingTail, LandingTails } from './landing-tails.js';
export { checkObjects } from './reach/check-objects.js';
export type { ErasedObject, ObjectCheck, ObjectProblem } from './reach/check-objects.js';
export { linksOfDatasetVersion, linksOfLedgerEntry, linksOfModelVersion, linksOfReproduction } from './reach/links.js';
export type { Link } from './reach/links.js';
export { collectGarbage, cutoffOf } from './reach/collect.js';
export type { CollectedKind, CollectOptions, GarbageCollection } from './reach/collect.js';
export type { Roots } from './reach/mark.js';
export { findReferrers } from './reach/referrers.js';
export { walkLinks } from './reach/walk.js';
export { createDigestingStream, digestOfFile } from './file-digest.js';
export type { DigestingStream } from './file-digest.js';

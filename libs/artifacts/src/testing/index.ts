/** What specs of object stores share. */
export { objectStoreContract } from './object-store-contract.js';
export { createVersionedBucket } from './versioned-bucket.js';
export type { VersionedBucket } from './versioned-bucket.js';

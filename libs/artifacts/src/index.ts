export type { BucketEvent, BucketEvents, ObjectInfo, ObjectStore, PutOptions, StoredObject } from './object-store.js';

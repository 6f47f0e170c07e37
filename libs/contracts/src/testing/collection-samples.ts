/** Samples of what collections of garbage are told in. */
import { collectedSchema, collectionSchema, newCollectionSchema, referencesSchema } from '../collection.js';
import type { SchemaSample } from './schema-sample.js';

const AT = '2026-11-26T09:00:00.000Z';
const DIGEST = 'a'.repeat(64);
const REMOVED = { objects: 3, bytes: 4096, byKind: { image: { objects: 3, bytes: 4096 } } };

export const COLLECTION_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'references',
    schema: referencesSchema,
    valid: {
      ...{ at: AT, underWaySince: null, runsUnderWay: [], named: { dataset_version: [DIGEST] } },
      liveEmbedders: [DIGEST],
    },
    refuses: [
      { path: ['named'], value: { dataset_version: ['x'] } },
      { path: ['at'], value: 'now' },
    ],
  },
  {
    name: 'new collection',
    schema: newCollectionSchema,
    valid: { olderThanSeconds: 604_800, force: false },
    refuses: [{ path: ['olderThanSeconds'], value: -1 }],
  },
  {
    name: 'collected',
    schema: collectedSchema,
    valid: REMOVED,
    refuses: [{ path: ['bytes'], value: 0.5 }],
  },
  {
    name: 'collection',
    schema: collectionSchema,
    valid: {
      ...{ id: '0190', by: 'kim', olderThanSeconds: 604_800, forced: false, startedAt: AT, finishedAt: AT },
      removed: REMOVED,
    },
    refuses: [{ path: ['startedAt'], value: 'yesterday' }],
  },
];

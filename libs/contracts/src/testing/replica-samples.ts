/** Samples of what a front of serving tells of its replicas. */
import { replicaCountSchema, replicaProcessSchema, servingFrontSchema } from '../replica-process.js';
import type { SchemaSample } from './schema-sample.js';

const REPLICA = {
  ...{ id: 'default-serving-2', pid: 4711, url: 'http://127.0.0.1:40123', state: 'ready' },
  ...{ since: '2026-11-26T09:00:00.000Z', restarts: 1, lastEnd: 'SIGKILL' },
};

export const REPLICA_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'replica process',
    schema: replicaProcessSchema,
    valid: REPLICA,
    refuses: [
      { path: ['state'], value: 'asleep' },
      { path: ['pid'], value: 0 },
      { path: ['restarts'], value: -1 },
    ],
  },
  {
    name: 'serving front',
    schema: servingFrontSchema,
    valid: { replicas: [REPLICA] },
    refuses: [{ path: ['replicas'], value: [{}] }],
  },
  {
    name: 'replica count',
    schema: replicaCountSchema,
    valid: { replicas: 3 },
    refuses: [
      { path: ['replicas'], value: 0 },
      { path: ['replicas'], value: 17 },
    ],
  },
];

/** Samples of what erasures are asked for with, and of what stays of what was erased. */
import { erasedMarkSchema, erasureSchema, newErasureSchema } from '../erasure.js';
import type { SchemaSample } from './schema-sample.js';

const ASKED = {
  digest: 'a'.repeat(64),
  reason: 'the person asked',
  referrers: ['image insects/ants/1.jpg of insects 3'],
};
const DONE = { by: 'kim', at: '2026-11-26T09:00:00.000Z' };

export const ERASURE_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'new erasure',
    schema: newErasureSchema,
    valid: { ...ASKED, force: false },
    refuses: [
      { path: ['digest'], value: 'x' },
      { path: ['reason'], value: ' ' },
    ],
  },
  {
    name: 'erasure',
    schema: erasureSchema,
    valid: { ...ASKED, ...DONE, forced: false },
    refuses: [{ path: ['at'], value: 'yesterday' }],
  },
  {
    name: 'erased mark',
    schema: erasedMarkSchema,
    valid: { schemaVersion: 'erased.v1', digest: ASKED.digest, reason: ASKED.reason, ...DONE },
    refuses: [{ path: ['schemaVersion'], value: 'erased.v2' }],
  },
];

/** Samples of what the registry tells of those who call it. */
import { refusalSchema } from '../access.js';
import type { Refusal, SchemaSample } from './samples.js';

const refuse = (value: unknown, ...path: (string | number)[]): Refusal => ({ value, path });

export const ACCESS_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'refusal',
    schema: refusalSchema,
    valid: {
      status: 403,
      operation: 'approveVersion',
      token: 'service',
      role: 'service',
      address: '127.0.0.1',
      count: 2,
      firstAt: '2026-01-01T00:00:00Z',
      lastAt: '2026-01-01T00:00:59Z',
    },
    refuses: [refuse(404, 'status'), refuse('king', 'role'), refuse(0, 'count'), refuse('today', 'lastAt')],
  },
];

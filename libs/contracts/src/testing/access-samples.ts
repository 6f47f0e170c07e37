/** Samples of what the registry tells of those who call it. */
import {
  callerSchema,
  linksSchema,
  issuedSessionSchema,
  newSessionSchema,
  issuedTokenSchema,
  newTokenSchema,
  refusalSchema,
} from '../access.js';
import type { Refusal, SchemaSample } from './schema-sample.js';

const refuse = (value: unknown, ...path: (string | number)[]): Refusal => ({ value, path });

export const ACCESS_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'caller',
    schema: callerSchema,
    valid: { name: 'Zoë of CI', role: 'viewer', operations: ['getCaller', 'listModels'] },
    refuses: [refuse('king', 'role'), refuse('listModels', 'operations')],
  },
  {
    name: 'links',
    schema: linksSchema,
    valid: { workflows: 'http://127.0.0.1:8233/namespaces/default/workflows/' },
    refuses: [refuse('elsewhere', 'workflows')],
  },
  {
    name: 'new session',
    schema: newSessionSchema,
    valid: { role: 'viewer', hours: 0.5 },
    refuses: [refuse('king', 'role'), refuse(0, 'hours'), refuse(1000, 'hours')],
  },
  {
    name: 'issued session',
    schema: issuedSessionSchema,
    valid: { name: 'zoë', role: 'viewer', expiresAt: '2026-12-31T00:00:00Z', token: 'graft_session_secret' },
    refuses: [refuse('', 'token'), refuse('soon', 'expiresAt'), refuse('king', 'role')],
  },
  {
    name: 'new token',
    schema: newTokenSchema,
    valid: { name: 'Zoë of CI', role: 'trainer', expiresAt: '2026-12-31T00:00:00Z' },
    refuses: [refuse('', 'name'), refuse(' ci', 'name'), refuse('king', 'role'), refuse('soon', 'expiresAt')],
  },
  {
    name: 'issued token',
    schema: issuedTokenSchema,
    valid: {
      name: 'ci',
      role: 'trainer',
      kind: 'issued',
      state: 'live',
      createdAt: '2026-01-01T00:00:00Z',
      createdBy: 'admin',
      lastUsedOn: '2026-01-02',
      expiresAt: null,
      revoked: null,
      token: 'graft_secret',
    },
    refuses: [refuse('', 'token'), refuse('asleep', 'state'), refuse('yesterday', 'lastUsedOn')],
  },
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

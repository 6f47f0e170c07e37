/** Samples of what a backup consists of. */
import { backupObjectSchema, backupSchema, databaseDumpSchema, databaseStateSchema } from '../backup.js';
import type { Refusal, SchemaSample } from './schema-sample.js';

const refuse = (value: unknown, ...path: (string | number)[]): Refusal => ({ value, path });
const [A, B] = ['a'.repeat(64), 'b'.repeat(64)];
const NOW = '2026-01-01T00:00:00Z';

const database = {
  ...{ at: NOW, epoch: 3, migrations: [{ name: '20261124000000_tables', checksum: 'abc' }] },
  tables: [{ name: 'model', columns: ['name', 'id'], rows: 2, file: 'database/model.copy.gz', sha256: A }],
  sequences: [{ name: 'event_id_seq', value: '9007199254740993' }],
};
const list = { file: 'artifacts.jsonl.gz', sha256: B, objects: 12, bytes: 4096 };

export const BACKUP_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'database dump',
    schema: databaseDumpSchema,
    valid: database,
    refuses: [refuse(0, 'epoch'), refuse('../passwd', 'tables', 0, 'file'), refuse('x', 'sequences', 0, 'value')],
  },
  {
    name: 'backup object',
    schema: backupObjectSchema,
    valid: {
      ...{ key: 'flowers/rose/花.png', sizeBytes: 0, sha256: A, etag: 'e' },
      ...{ mediaType: null, metadata: { group: 'plant 7' } },
    },
    refuses: [refuse('', 'key'), refuse(-1, 'sizeBytes'), refuse('x', 'sha256')],
  },
  {
    name: 'backup',
    schema: backupSchema,
    valid: {
      ...{ schemaVersion: 'backup.v1', id: '20261127T180300Z', finishedAt: NOW, graft: '0.1.0', database },
      buckets: { artifacts: list, landing: { ...list, file: 'landing.jsonl.gz' } },
      leftOut: [{ bucket: 'landing', key: 'a/../b', why: 'a strange key' }],
    },
    refuses: [
      refuse('backup.v2', 'schemaVersion'),
      refuse('today', 'id'),
      refuse('/etc/passwd', 'buckets', 'landing', 'file'),
    ],
  },
  {
    name: 'database state',
    schema: databaseStateSchema,
    valid: { filled: ['model'], restoredFrom: null, epoch: 1 },
    refuses: [refuse(0, 'epoch')],
  },
];

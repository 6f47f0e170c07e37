/** What a backup consists of: a snapshot of the database, table by table, and lists of what the buckets held. */
import { z } from 'zod';
import { digestSchema, timestampSchema } from './digest.js';

/** A path below the backup's own folder. */
const fileSchema = z.object({
  file: z.string().regex(/^([a-z0-9_]+\/)?[a-z0-9_]+(\.[a-z0-9]+)+$/),
  /** Of the file as it lies there. */
  sha256: digestSchema,
});

/** Of one moment: no row is of a later one than another. */
export const databaseDumpSchema = z.object({
  /** By the database's clock. */
  at: timestampSchema,
  epoch: z.int().min(1),
  /** What made the tables what they are: it loads into the same alone. */
  migrations: z.array(z.object({ name: z.string(), checksum: z.string() })),
  /** Rows as COPY writes them, gzipped. */
  tables: z.array(fileSchema.extend({ name: z.string(), columns: z.array(z.string()).min(1), rows: z.int().min(0) })),
  /** What each gave last; as text, since they have 64 bits. */
  sequences: z.array(z.object({ name: z.string(), value: z.string().regex(/^-?\d+$/) })),
});
export type DatabaseDump = z.infer<typeof databaseDumpSchema>;

export const BACKUP_BUCKETS = ['artifacts', 'landing'] as const;

/** A line of a bucket's list. */
export const backupObjectSchema = z.object({
  key: z.string().min(1),
  sizeBytes: z.int().min(0),
  sha256: digestSchema,
  /** As the store gave it: what is the same in the next backup needn't be read again. */
  etag: z.string(),
  mediaType: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
});
export type BackupObject = z.infer<typeof backupObjectSchema>;

export const backupSchema = z
  .object({
    schemaVersion: z.literal('backup.v1'),
    /** When it was begun, as the name of its folder. */
    id: z.string().regex(/^\d{8}T\d{6}Z$/),
    finishedAt: timestampSchema,
    graft: z.string(),
    database: databaseDumpSchema,
    /** Lists of objects, gzipped JSON lines. */
    buckets: z.record(z.enum(BACKUP_BUCKETS), fileSchema.extend({ objects: z.int().min(0), bytes: z.int().min(0) })),
    /** Objects that aren't in it, and why: bytes that aren't those that the key names, a key that can't be asked for. */
    leftOut: z.array(z.object({ bucket: z.enum(BACKUP_BUCKETS), key: z.string(), why: z.string() })),
  })
  .meta({ id: 'Backup' });
export type Backup = z.infer<typeof backupSchema>;

/** What a database holds, for who is about to restore one. */
export const databaseStateSchema = z.object({
  /** Tables that hold what people and workflows made. */
  filled: z.array(z.string()),
  /** The backup that it was loaded from, as long as nobody has raised the epoch since. */
  restoredFrom: z.string().nullable(),
  epoch: z.int().min(1),
});
export type DatabaseState = z.infer<typeof databaseStateSchema>;

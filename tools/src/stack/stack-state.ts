/** What is remembered of a stack between commands: state.json, which holds no secret. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readTextIfAny, writeFileAtomically } from '../system/atomic-file.js';
import { processIdSchema } from '../system/processes.js';
import { stackFolder } from './stack-folder.js';

export const SERVERS = ['postgres', 'minio', 'temporal'] as const;
export type ServerName = (typeof SERVERS)[number];

export const APPS = ['registry', 'orchestrator', 'trainer', 'serving'] as const;
export type AppName = (typeof APPS)[number];

const startedSchema = z.object({
  process: processIdSchema,
  startedAt: z.iso.datetime(),
  /** Which build an app runs: the newest modification time of its files, ms. */
  build: z.number().optional(),
  /** Whether it is a front that keeps replicas as processes of their own. */
  front: z.boolean().optional(),
});
export type Started = z.infer<typeof startedSchema>;

const stateSchema = z.object({
  schemaVersion: z.literal(1),
  /** Picked once and kept as long as they are free: `postgres`, `minio-console`, `serving`… */
  ports: z.record(z.string(), z.int().min(1).max(65535)),
  servers: z.partialRecord(z.enum(SERVERS), startedSchema),
  /** By instance: the app's name, or the app's name and a suffix (`serving-2`). */
  apps: z.record(z.string(), startedSchema),
  /** By serving instance: how many replicas it was asked for. One where it isn't named. */
  replicas: z.record(z.string(), z.int().min(1)).default({}),
  /** PostgreSQL's data, which as root may have to lie elsewhere. */
  postgresDataDir: z.string().nullable(),
  /** The migrations that the database is known to have. */
  migrations: z.string().nullable(),
});
export type StackState = z.infer<typeof stateSchema>;

const emptyState = (): StackState => ({
  schemaVersion: 1,
  ports: {},
  servers: {},
  apps: {},
  replicas: {},
  postgresDataDir: null,
  migrations: null,
});

const stateFile = (name: string): string => join(stackFolder(name), 'state.json');

/**
 * The remembered state; an empty one when there is none. A file that can't be read is put aside: what it named is
 * found again by its data and by its environment (see stack-processes.ts).
 */
export const readState = async (name: string): Promise<StackState> => {
  const text = await readTextIfAny(stateFile(name));
  if (text === null) return emptyState();
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    await rename(stateFile(name), `${stateFile(name)}.unreadable`);
    return emptyState();
  }
};

export const writeState = (name: string, state: StackState): Promise<void> =>
  writeFileAtomically(stateFile(name), `${JSON.stringify(state, null, 2)}\n`);

/** Ending a stack in order: apps before the servers that they use. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnProgress } from '../system/cache-entry.js';
import { stopProcess } from '../system/processes.js';
import { endApp } from './app-process.js';
import { DEFAULT_STACK, stackFolder, withStackLock } from './stack-folder.js';
import { findStackProcesses } from './stack-processes.js';
import { withStackSession } from './stack-session.js';
import type { StackSession } from './stack-session.js';
import { readState } from './stack-state.js';
import { stopPostgres } from './start-postgres.js';

export interface StackDownOptions {
  /** Default `default`. */
  readonly name?: string;
  readonly onProgress?: OnProgress;
}

/** The registry last: the others say goodbye to it. */
const stopApps = async (session: StackSession, onProgress: OnProgress): Promise<void> => {
  const running = Object.keys(session.state.apps);
  for (const wave of [
    running.filter((name) => !name.startsWith('registry')),
    running.filter((name) => name.startsWith('registry')),
  ]) {
    if (wave.length > 0) onProgress(`stopping ${wave.join(', ')}`);
    await Promise.all(wave.map((instance) => endApp(session, instance)));
  }
};

const stopServers = async (session: StackSession, onProgress: OnProgress): Promise<void> => {
  const { postgres, minio, temporal } = session.state.servers;
  const running = Object.keys(session.state.servers);
  if (running.length > 0) onProgress(`stopping ${running.join(', ')}`);
  await Promise.all([
    postgres === undefined ? undefined : stopPostgres(postgres.process),
    minio === undefined ? undefined : stopProcess(minio.process),
    temporal === undefined ? undefined : stopProcess(temporal.process),
  ]);
  session.state.servers = {};
  await session.save();
};

/** Ends everything of a stack and keeps its data. Answers how many processes there were; nothing happens for 0. */
export const stackDown = async (options: StackDownOptions = {}): Promise<number> => {
  const { name = DEFAULT_STACK, onProgress = () => undefined } = options;
  if (!existsSync(stackFolder(name))) return 0;
  return withStackSession(
    name,
    async (session) => {
      const count = findStackProcesses(session.folder).length;
      await stopApps(session, onProgress);
      await stopServers(session, onProgress);
      for (const left of findStackProcesses(session.folder)) {
        await stopProcess(left, { signal: left.program.endsWith('postgres') ? 'SIGINT' : 'SIGTERM', graceMs: 5_000 });
      }
      return count;
    },
    (pid) => onProgress(`process ${pid} is at work on stack "${name}": waiting for it`),
  );
};

/** Ends a stack and wipes all that it kept: database, objects, histories, secrets, logs. */
export const destroyStack = async (name: string, onProgress?: OnProgress): Promise<void> => {
  const folder = stackFolder(name);
  if (!existsSync(folder)) return;
  const hasCredentials = existsSync(join(folder, 'credentials.json'));
  if (hasCredentials) await stackDown({ name, ...(onProgress ? { onProgress } : {}) }).catch(ignoreDamagedCredentials);
  await withStackLock(name, async () => {
    for (const left of findStackProcesses(folder)) await stopProcess(left, { graceMs: 5_000 });
    const { postgresDataDir } = await readState(name);
    if (postgresDataDir !== null) await rm(postgresDataDir, { recursive: true, force: true });
    for (const entry of await readdir(folder)) await rm(join(folder, entry), { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });
};

/** Damaged secrets are no reason to keep what they opened. */
const ignoreDamagedCredentials = (error: { code?: unknown }): void => {
  if (error.code !== 'corrupt') throw error;
};

/**
 * One command's hold on a stack: its state and secrets, loaded under the stack's lock. What is started is written down
 * at once, so that a command that is cut short leaves nothing that the next one doesn't know of.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { graftPaths } from '@graft/platform';
import { makeFolder } from '../system/folders.js';
import { pickPort } from '../system/ports.js';
import { isRunning } from '../system/processes.js';
import type { ProcessId } from '../system/processes.js';
import { firstReachable, unprivilegedUser } from '../system/unprivileged-user.js';
import { ensureCredentials } from './credentials.js';
import type { Credentials } from './credentials.js';
import { DEFAULT_STACK, stackFolder, withStackLock } from './stack-folder.js';
import { stackMark } from './stack-processes.js';
import { readState, writeState } from './stack-state.js';
import type { Started, StackState } from './stack-state.js';

/** Where the default stack would like to be, so that addresses stay the same from day to day. */
export const PREFERRED_PORTS: Readonly<Record<string, number>> = {
  registry: 4700,
  serving: 4701,
  orchestrator: 4702,
  trainer: 4703,
  minio: 4710,
  'minio-console': 4711,
  temporal: 4720,
  'temporal-ui': 4721,
  postgres: 4730,
};

/** A part whose remembered port another program has taken. */
export interface MovedPort {
  readonly purpose: string;
  readonly from: number;
  readonly to: number;
}

export interface StackSession {
  readonly name: string;
  readonly folder: string;
  readonly cacheDir: string;
  readonly state: StackState;
  readonly credentials: Credentials;
  /** What goes into the environment of a part that is started. */
  mark(part: string): Readonly<Record<string, string>>;
  save(): Promise<void>;
  /** The remembered port while it is free, else another one, remembered from now on. */
  choosePort(purpose: string): Promise<number>;
  /** What `choosePort` had to move in this session. */
  readonly movedPorts: readonly MovedPort[];
  logFile(instance: string): string;
  dataDir(server: string): string;
}

/** As root, PostgreSQL's user may be unable to reach the state folder (a private temporary one, say). */
const choosePostgresDataDir = (folder: string): string => {
  const id = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const elsewhere = ['/var/lib/graft/postgres', '/tmp/graft-postgres'].map((base) => join(base, id));
  return firstReachable([join(folder, 'data/postgres'), ...elsewhere], unprivilegedUser());
};

const open = async (name: string): Promise<StackSession> => {
  const folder = stackFolder(name);
  // Others may pass through, as PostgreSQL's user has to, but see nothing.
  await makeFolder(join(folder, '..'));
  await makeFolder(join(folder, 'data'), 0o711);
  await makeFolder(join(folder, 'logs'), 0o700);
  const credentials = await ensureCredentials(name);
  const state = await readState(name);
  const isLiving = ({ process }: Started): boolean => isRunning(process);
  state.servers = Object.fromEntries(Object.entries(state.servers).filter(([, started]) => isLiving(started)));
  state.apps = Object.fromEntries(Object.entries(state.apps).filter(([, started]) => isLiving(started)));
  state.postgresDataDir ??= choosePostgresDataDir(folder);
  let saving: Promise<void> = Promise.resolve();
  const movedPorts: MovedPort[] = [];
  return {
    name,
    folder,
    cacheDir: graftPaths().cacheDir,
    state,
    credentials,
    mark: (part) => stackMark(folder, part),
    save: () => (saving = saving.catch(() => undefined).then(() => writeState(name, state))),
    choosePort: async (purpose) => {
      const preferred = name === DEFAULT_STACK ? PREFERRED_PORTS[purpose] : undefined;
      const remembered = state.ports[purpose];
      const port = await pickPort(remembered ?? preferred);
      if (remembered !== undefined && port !== remembered) movedPorts.push({ purpose, from: remembered, to: port });
      state.ports[purpose] = port;
      return port;
    },
    movedPorts,
    logFile: (instance) => join(folder, 'logs', `${instance}.log`),
    dataDir: (server) => join(folder, 'data', server),
  };
};

/** Runs `act` on a stack that nobody else changes meanwhile. */
export const withStackSession = <T>(
  name: string,
  act: (session: StackSession) => Promise<T>,
  onWait?: (pid: number) => void,
): Promise<T> => withStackLock(name, async () => act(await open(name)), onWait);

/** What the state says of a process that was started just now. */
export const justStarted = (process: ProcessId, build?: number): Started => ({
  process,
  startedAt: new Date().toISOString(),
  ...(build === undefined ? {} : { build }),
});

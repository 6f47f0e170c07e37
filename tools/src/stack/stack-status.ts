/** What runs of a stack, and which stack is meant when none is named. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { isPortOpen } from '../system/ports.js';
import { isRunning } from '../system/processes.js';
import { appOf, healthUrl } from './app-definition.js';
import { readCredentials } from './credentials.js';
import { localUrl, serversOf } from './stack-environment.js';
import { DEFAULT_STACK, checkStackName, graftCommand, listStacks, stackFolder } from './stack-folder.js';
import { APPS, SERVERS, readState } from './stack-state.js';
import type { ServerName, StackState, Started } from './stack-state.js';

/** `given`: the environment named it. `unwell`: its process lives and doesn't answer. */
export type PartState = 'running' | 'unwell' | 'stopped' | 'given';

export interface PartStatus {
  readonly name: string;
  readonly kind: 'server' | 'app';
  readonly state: PartState;
  readonly pid: number | null;
  /** Where it answers. */
  readonly address: string | null;
  /** A page for people. */
  readonly page: string | null;
  readonly startedAt: string | null;
  readonly logFile: string;
}

export interface StackStatus {
  readonly name: string;
  readonly folder: string;
  /** Whether any part of it lives. */
  readonly running: boolean;
  readonly parts: readonly PartStatus[];
}

const isOk = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false,
  );

const partState = async (started: Started | undefined, isWell: () => Promise<boolean>): Promise<PartState> => {
  if (started === undefined || !isRunning(started.process)) return 'stopped';
  return (await isWell()) ? 'running' : 'unwell';
};

const serverIsWell = (server: ServerName, { ports }: StackState): Promise<boolean> =>
  server === 'minio' ? isOk(`${localUrl(ports['minio'])}/minio/health/ready`) : isPortOpen(ports[server] ?? 0);

/** What a stack's parts do. A stack that was never started has parts that are stopped. */
export const stackStatus = async (name: string = DEFAULT_STACK): Promise<StackStatus> => {
  const folder = stackFolder(name);
  const state = await readState(name);
  const credentials = await readCredentials(name);
  const servers = credentials === null ? null : serversOf(state, credentials);
  const isGiven = {
    postgres: credentials?.given.databaseUrl != null,
    minio: credentials?.given.s3 != null,
    temporal: credentials?.given.temporalAddress != null,
  };
  const addresses = {
    // The password stays out of what is printed.
    postgres: servers === null ? null : new URL(servers.databaseUrl).host,
    minio: servers?.s3.endpoint ?? null,
    temporal: servers?.temporalAddress ?? null,
  };
  const pages = { postgres: null, minio: servers?.minioConsole ?? null, temporal: servers?.temporalUi ?? null };
  const describe = (
    part: string,
    started: Started | undefined,
    known: Pick<PartStatus, 'kind' | 'state' | 'address' | 'page'>,
  ): PartStatus => {
    const isLiving = known.state === 'running' || known.state === 'unwell';
    return {
      name: part,
      ...known,
      pid: isLiving ? (started?.process.pid ?? null) : null,
      startedAt: isLiving ? (started?.startedAt ?? null) : null,
      logFile: join(folder, 'logs', `${part}.log`),
    };
  };
  const ofServer = async (server: ServerName): Promise<PartStatus> => {
    const started = state.servers[server];
    const found = isGiven[server] ? ('given' as const) : await partState(started, () => serverIsWell(server, state));
    return describe(server, started, { kind: 'server', state: found, address: addresses[server], page: pages[server] });
  };
  const ofApp = async (instance: string): Promise<PartStatus> => {
    const started = state.apps[instance];
    const found = await partState(started, () => isOk(healthUrl(instance, state)));
    const address = state.ports[instance] === undefined ? null : localUrl(state.ports[instance]);
    return describe(instance, started, {
      kind: 'app',
      state: found,
      address,
      page: appOf(instance) === 'registry' && address !== null ? `${address}/console` : null,
    });
  };
  const instances = [...new Set([...APPS, ...Object.keys(state.apps)])];
  const parts = await Promise.all([...SERVERS.map(ofServer), ...instances.map(ofApp)]);
  return { name, folder, running: parts.some(({ pid }) => pid !== null), parts };
};

/** Whether any part of a stack lives; nothing is asked over the network. */
const isStackRunning = async (name: string): Promise<boolean> => {
  const { servers, apps } = await readState(name);
  return [...Object.values(servers), ...Object.values(apps)].some(({ process }) => isRunning(process));
};

/** For a name that no stack has: most often it is misspelt. */
const noSuchStack = (name: string): AppError =>
  new AppError('not_found', `there is no stack "${name}": ${graftCommand('up', name)} would make one`, {
    details: { stack: name },
  });

/**
 * That a stack was made, whether it runs or not. The default one needs no making.
 * @throws AppError `not_found`.
 */
export const requireStack = (name: string): void => {
  if (!existsSync(stackFolder(name)) && name !== DEFAULT_STACK) throw noSuchStack(name);
};

/** The names of the stacks of which any part lives. */
export const runningStacks = async (): Promise<string[]> => {
  const names = await listStacks();
  const running = await Promise.all(names.map(isStackRunning));
  return names.filter((_, index) => running[index]);
};

/**
 * The stack that a command means: the named one (`--stack`, else GRAFT_STACK), else `default` if it runs, else the only
 * one that does.
 * @throws AppError `not_found` when the named one was never made, `unavailable` when none runs, or not one.
 */
export const resolveStack = async (options: { explicit?: string | undefined } = {}): Promise<string> => {
  const named = options.explicit ?? (process.env['GRAFT_STACK'] || undefined);
  if (named !== undefined) {
    if (existsSync(stackFolder(checkStackName(named)))) return named;
    throw noSuchStack(named);
  }
  const running = await runningStacks();
  if (running.includes(DEFAULT_STACK)) return DEFAULT_STACK;
  const [only, ...others] = running;
  if (only === undefined) throw new AppError('unavailable', 'no stack is running: run ./graft up');
  if (others.length > 0) {
    throw new AppError(
      'unavailable',
      `several stacks are running (${running.join(', ')}): name one with --stack or GRAFT_STACK`,
    );
  }
  return only;
};

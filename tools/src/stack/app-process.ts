/** Starting and ending one app of a stack. */
import { AppError } from '@graft/contracts';
import { inRepository } from '../repository.js';
import {
  isRunning,
  processGroupOf,
  signalProcess,
  spawnDetached,
  stopProcess,
  waitForEnd,
} from '../system/processes.js';
import { waitUntilHealthy } from '../system/wait-until-healthy.js';
import { appEnvironment, appOf, builtApp, healthUrl } from './app-definition.js';
import { findStackProcesses } from './stack-processes.js';
import { justStarted, withStackSession } from './stack-session.js';
import type { StackSession } from './stack-session.js';

const HEALTH_TIMEOUT_MS = 60_000;
/** An app may finish what it has in hand; the trainer gives itself 15 s. */
const GRACE_MS = 20_000;

const checkHealth = async (url: string): Promise<void> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
  if (response.ok) return;
  const body = await response.text();
  throw new Error(`${new URL(url).pathname} answered ${response.status} ${body.slice(0, 300)}`);
};

/**
 * Makes an app run: one that runs the present build and is well is left alone, anything else is started (again).
 * @throws AppError `missing_prerequisite` when it was not built, `unavailable` with the tail of its log.
 */
export const ensureApp = async (session: StackSession, instance: string): Promise<'reused' | 'started'> => {
  const { name, state, credentials, cacheDir } = session;
  const { main, build } = builtApp(appOf(instance));
  const known = state.apps[instance];
  if (known !== undefined) {
    const isWell =
      known.build === build &&
      (known.front === true || (state.replicas[instance] ?? 1) === 1) &&
      isRunning(known.process) &&
      (await checkHealth(healthUrl(instance, state)).then(
        () => true,
        () => false,
      ));
    if (isWell) return 'reused';
    await endApp(session, instance);
  }
  // Children that outlived a killed app would work on beside its successor.
  for (const orphan of findStackProcesses(session.folder, instance)) await stopProcess(orphan, { graceMs: 5_000 });
  await session.choosePort(instance);
  const logFile = session.logFile(instance);
  const env = appEnvironment({ stack: name, instance, state, credentials, cacheDir });
  const process_ = await spawnDetached({
    command: process.execPath,
    args: ['--enable-source-maps', main],
    env: { ...env, ...session.mark(instance) },
    cwd: inRepository(),
    logFile,
  });
  const isFront = Number(env['GRAFT_SERVING_REPLICAS'] ?? 1) > 1 && appOf(instance) === 'serving';
  state.apps[instance] = { ...justStarted(process_, build), ...(isFront ? { front: true } : {}) };
  await session.save();
  const check = (): Promise<void> => checkHealth(healthUrl(instance, state));
  await waitUntilHealthy({ name: instance, process: process_, logFile, check, timeoutMs: HEALTH_TIMEOUT_MS });
  return 'started';
};

/** Ends an app in order, its children with it; after 20 s, by force. */
export const endApp = async (session: StackSession, instance: string): Promise<void> => {
  const known = session.state.apps[instance];
  if (known === undefined) return;
  await stopProcess(known.process, { graceMs: GRACE_MS });
  delete session.state.apps[instance];
  await session.save();
};

/** Starts one app of a stack whose servers run; `serving-2` is a second replica. */
export const startApp = async (stack: string, instance: string): Promise<void> => {
  await withStackSession(stack, (session) => ensureApp(session, instance));
};

/** Ends one app of a stack in order. */
export const stopApp = (stack: string, instance: string): Promise<void> =>
  withStackSession(stack, (session) => endApp(session, instance));

/**
 * kill -9 of an app and of its children at once, as a machine's loss would look. The state isn't touched: nobody was told.
 * @throws AppError `not_found` when the app doesn't run.
 */
export const killApp = (stack: string, instance: string): Promise<void> =>
  withStackSession(stack, async ({ state }) => {
    const known = state.apps[instance];
    if (known === undefined) throw new AppError('not_found', `stack "${stack}" runs no ${instance}`);
    // The app first: it must have no time to notice its child's end.
    const victims = [known.process, ...processGroupOf(known.process.pid)];
    for (const victim of victims) signalProcess(victim, 'SIGKILL');
    await Promise.all(victims.map((victim) => waitForEnd(victim, 5000)));
  });

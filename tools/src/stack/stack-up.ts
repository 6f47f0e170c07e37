/** Bringing a stack up: from nothing, from a crash, or not at all when it runs. */
import { runTasks } from '../setup-task.js';
import type { ShowTasks } from '../setup-task.js';
import type { OnProgress } from '../system/cache-entry.js';
import { parentOf, stopProcess } from '../system/processes.js';
import { builtApp } from './app-definition.js';
import { writeCredentials } from './credentials.js';
import { givenServers } from './given-servers.js';
import { serversOf, stackEnvironment } from './stack-environment.js';
import type { StackServers } from './stack-environment.js';
import { DEFAULT_STACK, graftCommand } from './stack-folder.js';
import { findStackProcesses } from './stack-processes.js';
import { withStackSession } from './stack-session.js';
import type { StackSession } from './stack-session.js';
import { APPS } from './stack-state.js';
import type { AppName } from './stack-state.js';
import { stackTasks } from './stack-tasks.js';

export interface StackUpOptions {
  /** Default `default`. */
  readonly name?: string;
  /** Default all four; `[]` starts the servers alone. */
  readonly apps?: readonly AppName[];
  /** Brings the database up to date also where no app is started. */
  readonly migrate?: boolean;
  /** Shows the tasks to a person; default: they run silently, but for onProgress. */
  readonly show?: ShowTasks;
  readonly onProgress?: OnProgress;
}

export interface RunningStack {
  readonly name: string;
  /** For clients, with the admin's token. */
  readonly environment: Readonly<Record<string, string>>;
  readonly servers: StackServers;
}

/** What runs although the state doesn't know of it: a command was cut short, or the state was lost. */
const stopForgotten = async ({ folder, state }: StackSession): Promise<void> => {
  const known = new Set(
    [...Object.values(state.servers), ...Object.values(state.apps)].map(({ process }) => process.pid),
  );
  const living = findStackProcesses(folder);
  // Children of what is known are known; PostgreSQL's are ended by their parent.
  const forgotten = living.filter(({ pid }) => !known.has(pid) && !isChildOfAny(pid, known));
  for (const id of forgotten) await stopProcess(id, { signal: id.program.endsWith('postgres') ? 'SIGINT' : 'SIGTERM' });
};

const isChildOfAny = (pid: number, parents: ReadonlySet<number>): boolean => {
  for (let at = parentOf(pid); at > 1; at = parentOf(at)) if (parents.has(at)) return true;
  return false;
};

/** Addresses that someone has exported lead nowhere now, or to whatever took the port. */
const tellMoved = ({ name, movedPorts }: StackSession, onProgress: OnProgress): void => {
  if (movedPorts.length === 0) return;
  const moves = movedPorts.map(({ purpose, from, to }) => `${purpose} ${from} → ${to}`).join(', ');
  const again = `eval "$(${graftCommand('env', name)})"`;
  onProgress(`ports were taken by other programs, parts moved: ${moves}; what was exported before is stale: ${again}`);
};

/**
 * Starts what doesn't run yet and waits until all of it is well. Running it again costs a second and changes nothing.
 * @throws AppError `missing_prerequisite` for an app that isn't built, `unavailable` with the tail of a log.
 */
export const stackUp = async (options: StackUpOptions = {}): Promise<RunningStack> => {
  const { name = DEFAULT_STACK, apps = APPS, migrate = false, onProgress = () => undefined } = options;
  const { show = runTasks(onProgress) } = options;
  for (const app of apps) builtApp(app); // Said at once, not after six minutes.
  const given = await givenServers();
  return withStackSession(
    name,
    async (session) => {
      await writeCredentials(name, Object.assign(session.credentials, { given }));
      await stopForgotten(session);
      await session.save();
      try {
        await show(stackTasks(session, apps, { migrate }));
      } finally {
        tellMoved(session, onProgress);
      }
      return {
        name,
        environment: await stackEnvironment(name),
        servers: serversOf(session.state, session.credentials),
      };
    },
    (pid) => onProgress(`process ${pid} is at work on stack "${name}": waiting for it`),
  );
};

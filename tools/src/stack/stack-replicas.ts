/** The serving apps of a stack that run on this machine, and the token that sets them by hand. */
import { AppError } from '@graft/contracts';
import { isRunning } from '../system/processes.js';
import { appOf, environmentOf, replicaIdOf } from './app-definition.js';
import { readCredentials } from './credentials.js';
import { localUrl } from './stack-environment.js';
import { graftCommand } from './stack-folder.js';
import { readState } from './stack-state.js';

export interface LocalServing {
  /** Of its lease where it is a replica alone: the stack's name and `serving`, `serving-2` or `serving-staging`. */
  readonly id: string;
  readonly pid: number;
  readonly environment: string;
  /** Of the replica, or of the front that keeps several. */
  readonly url: string;
}

export interface StackReplicas {
  readonly token: string;
  readonly apps: readonly LocalServing[];
}

/**
 * Those whose process lives. Nothing is asked over the network.
 * @throws AppError `unavailable` when the stack was never started.
 */
export const stackReplicas = async (name: string): Promise<StackReplicas> => {
  const credentials = await readCredentials(name);
  if (credentials === null)
    throw new AppError('unavailable', `stack "${name}" was never started: run ${graftCommand('up', name)}`);
  const { apps, ports } = await readState(name);
  const running = Object.entries(apps).filter(
    ([instance, { process }]) => appOf(instance) === 'serving' && isRunning(process),
  );
  return {
    token: credentials.servingToken,
    apps: running.map(([instance, { process }]) => ({
      ...{ id: replicaIdOf(name, instance), pid: process.pid },
      ...{ environment: environmentOf(instance), url: localUrl(ports[instance]) },
    })),
  };
};

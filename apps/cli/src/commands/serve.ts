/** `graft serve`: the replicas of the local stack, so many behind one port. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, MOST_REPLICAS } from '@graft/contracts';
import {
  DEFAULT_STACK,
  graftCommand,
  scaleServing,
  servingOf,
  showTasks,
  stackEnvironment,
  stackUp,
} from '@graft/tools';
import type { Command } from 'commander';
import { contextOf } from '../context.js';
import { count, note, printJson } from '../output.js';
import { servedEnvironment, wholeNumber } from '../parse.js';
import { localReplicas, type LocalReplica } from '../replicas/local-replicas.js';
import { printReplicas } from '../replicas/replicas-table.js';
import { addPinCommands } from './serve-pin.js';

interface ServeOptions {
  readonly replicas?: number;
  readonly environment: string;
  readonly json?: boolean;
}

/** A replica loads and checks each model of its environment before it is ready. */
const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 250;

/** Until as many as there should be are ready; where nothing is deployed yet, until as many answer. */
const waitForReplicas = async (
  stack: string,
  { replicas, environment, isDeployed }: { replicas: number; environment: string; isDeployed: boolean },
): Promise<readonly LocalReplica[]> => {
  const states = isDeployed ? ['ready'] : ['ready', 'unready'];
  const deadline = Date.now() + PATIENCE_MS;
  for (let said = -1; ; await sleep(LOOK_EVERY_MS)) {
    const { replicas: present } = await localReplicas(stack, environment);
    const well = present.filter(({ state }) => states.includes(state));
    if (well.length === replicas && present.length === replicas) return present;
    if (Date.now() > deadline) {
      const late = present.filter((one) => !well.includes(one)).map(({ id, state }) => `${id} is ${state}`);
      throw new AppError(
        'unavailable',
        `after ${PATIENCE_MS / 1000} s ${well.length} of ${count(replicas, 'replica')} of ${environment} serve: ${late.join(', ')}`,
      );
    }
    if (well.length !== said) note(`${well.length} of ${count(replicas, 'replica')} of ${environment} serve`);
    said = well.length;
  }
};

export const registerServe = (program: Command): void => {
  const serve = program
    .command('serve')
    .description('serve with so many replicas behind one port of the local stack; and set them by hand (pin, unpin)')
    .option(
      '--replicas <count>',
      `how many, 1 to ${MOST_REPLICAS}, from now on (default: as many as before, at first one)`,
      wholeNumber(1, MOST_REPLICAS),
    )
    .option('--environment <name>', 'whose deployments they follow', servedEnvironment, 'production')
    .option('--json', 'print the replicas as JSON')
    .addHelpText(
      'after',
      `
Starts what they need of the stack (its servers and the registry) where it doesn't run. Another count is taken
without losing a request, but for the first time that there is more than one: then the replica that is alone
finishes what it has in hand and makes room for the front that shares its port among several. The count is
remembered by the stack: graft up after graft down has as many.`,
    )
    .action(async (options: ServeOptions, command: Command) => {
      const { environment } = options;
      const { stack } = command.optsWithGlobals<{ stack?: string }>();
      const name = stack ?? (process.env.GRAFT_STACK || DEFAULT_STACK);
      await stackUp({ name, apps: ['registry'], show: showTasks, onProgress: note });
      const wanted = await scaleServing(name, servingOf(environment), options.replicas);
      const { registry } = contextOf(await stackEnvironment(name));
      const isDeployed = (await registry.listModels()).some(({ champions }) => environment in champions);
      const replicas = await waitForReplicas(name, { replicas: wanted, environment, isDeployed });
      if (options.json === true) return printJson(replicas);
      printReplicas(replicas);
      const [first] = replicas;
      note(
        `${environment} is served at ${first?.address ?? ''}${isDeployed ? '' : '; nothing is deployed there yet'}; ${graftCommand('status', name)} tells how they are`,
      );
    });
  addPinCommands(serve);
};

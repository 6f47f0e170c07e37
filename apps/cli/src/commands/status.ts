/** `graft status`: what runs of the local stack, and where it answers. */
import {
  DEFAULT_STACK,
  graftCommand,
  requireStack,
  runningStacks,
  stackEnvironment,
  stackStatus,
  type PartState,
  type StackStatus,
} from '@graft/tools';
import type { Command } from 'commander';
import { describePin } from '@graft/contracts';
import { contextOf } from '../context.js';
import { note, paint, printJson, printLine, printTable } from '../output.js';
import { localReplicas, type LocalReplica, type LocalReplicas } from '../replicas/local-replicas.js';
import { printReplicas } from '../replicas/replicas-table.js';
import { readPinned, type PinnedReplica } from '../replicas/pins.js';
import { readServed, servedTable, type Served } from '../served.js';

const STYLES = { running: 'green', given: 'green', unwell: 'red', stopped: 'dim' } as const satisfies Record<
  PartState,
  string
>;

/** A stack's parts as a table, then where its folder is. */
export const printStatus = ({ name, folder, parts }: StackStatus): void => {
  printTable(
    ['part', 'state', 'address', 'page', 'pid', 'since'],
    parts.map((part) => [
      part.name,
      paint(STYLES[part.state], part.state),
      part.address,
      part.page,
      part.pid,
      part.startedAt,
    ]),
  );
  note(`stack "${name}" in ${folder}`);
};

/** What its registry says that it serves; null where that doesn't answer. */
const servedOf = async ({ name, parts }: StackStatus): Promise<Served[] | null> => {
  if (parts.find((part) => part.name === 'registry')?.state !== 'running') return null;
  try {
    return await readServed(contextOf(await stackEnvironment(name)).registry);
  } catch {
    return null;
  }
};

/** What `--json` prints of a stack. */
interface StackReport extends StackStatus {
  /** Null where its registry doesn't answer. */
  readonly serves: readonly Served[] | null;
  readonly replicas: readonly LocalReplica[];
  readonly pinned: readonly PinnedReplica[];
}

/** Of a stack that was never started. */
const NONE: LocalReplicas = { token: '', replicas: [] };

/** Several behind one port, or of several environments; one alone is a part of the stack above. */
const printSeveral = (replicas: readonly LocalReplica[]): void => {
  if (replicas.length < 2) return;
  printLine();
  printReplicas(replicas);
};

const printServed = (served: readonly Served[]): void => {
  if (served.length === 0) return;
  printLine();
  printTable(...servedTable(served));
};

/** Asked of the replicas themselves: a pin is there because the registry was not. */
const printPinned = (pinned: readonly PinnedReplica[]): void => {
  if (pinned.length > 0) printLine();
  for (const { replica, environment, pin } of pinned)
    printLine(paint('red', `PINNED ${pin.model} in ${environment}, replica ${replica}: ${describePin(pin)}`));
};

/**
 * Without a name: `default` if nothing runs, else each that runs.
 * @throws AppError `not_found` for a name that no stack has.
 */
const meantStacks = async (explicit: string | undefined): Promise<readonly string[]> => {
  const named = explicit ?? (process.env.GRAFT_STACK || undefined);
  if (named !== undefined) {
    requireStack(named);
    return [named];
  }
  const running = await runningStacks();
  return running.length === 0 ? [DEFAULT_STACK] : running;
};

export const registerStatus = (program: Command): void => {
  program
    .command('status')
    .description('what runs of the local stack, where it answers, and what each environment serves')
    .option('--json', 'print an array of stacks as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const { stack } = command.optsWithGlobals<{ stack?: string }>();
      const statuses = await Promise.all((await meantStacks(stack)).map((name) => stackStatus(name)));
      const served = await Promise.all(statuses.map(servedOf));
      const replicas = await Promise.all(statuses.map(({ name }) => localReplicas(name).catch(() => NONE)));
      const pinned = await Promise.all(replicas.map(readPinned));
      if (options.json === true) {
        return printJson(
          statuses.map((status, at): StackReport => ({
            ...status,
            serves: served[at] ?? null,
            replicas: replicas[at]?.replicas ?? [],
            pinned: pinned[at] ?? [],
          })),
        );
      }
      for (const [at, status] of statuses.entries()) {
        printStatus(status);
        printSeveral(replicas[at]?.replicas ?? []);
        printServed(served[at] ?? []);
        printPinned(pinned[at] ?? []);
      }
      const [first] = statuses;
      if (first !== undefined && statuses.every(({ running }) => !running))
        note(`nothing runs: start it with ${graftCommand('up', first.name)}`);
    });
};

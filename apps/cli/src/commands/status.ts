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
import { contextOf } from '../context.js';
import { note, paint, printJson, printLine, printTable } from '../output.js';
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

const printServed = (served: readonly Served[]): void => {
  if (served.length === 0) return;
  printLine();
  printTable(...servedTable(served));
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
      if (options.json === true) {
        return printJson(statuses.map((status, at) => ({ ...status, serves: served[at] ?? null })));
      }
      for (const [at, status] of statuses.entries()) {
        printStatus(status);
        printServed(served[at] ?? []);
      }
      const [first] = statuses;
      if (first !== undefined && statuses.every(({ running }) => !running))
        note(`nothing runs: start it with ${graftCommand('up', first.name)}`);
    });
};

/** `graft status`: what runs of the local stack, and where it answers. */
import {
  DEFAULT_STACK,
  graftCommand,
  requireStack,
  runningStacks,
  stackStatus,
  type PartState,
  type StackStatus,
} from '@graft/tools';
import type { Command } from 'commander';
import { note, paint, printJson, printTable } from '../output.js';

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
    .description('what runs of the local stack, and where it answers')
    .option('--json', 'print an array of stacks as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const { stack } = command.optsWithGlobals<{ stack?: string }>();
      const statuses = await Promise.all((await meantStacks(stack)).map((name) => stackStatus(name)));
      if (options.json === true) return printJson(statuses);
      for (const status of statuses) printStatus(status);
      const [first] = statuses;
      if (first !== undefined && statuses.every(({ running }) => !running))
        note(`nothing runs: start it with ${graftCommand('up', first.name)}`);
    });
};

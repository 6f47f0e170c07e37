/** `graft freeze` and `graft unfreeze`: no promotions during an incident. Rolling back is always possible. */
import { describeFreezeScope, type Freeze, type FreezeScope } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { knownEnvironments, tellUnknown } from '../environments.js';
import { formatTime, note, paint, printJson, printLine, printTable } from '../output.js';
import { reasonText } from '../parse.js';

interface FreezeOptions {
  readonly environment?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

const scopeOf = (model: string | undefined, { environment }: FreezeOptions): FreezeScope => ({
  model: model ?? null,
  environment: environment ?? null,
});

/** A freeze of an environment that is yet to come is taken; mostly, it is a slip. */
const unknownEnvironment = async (registry: Registry, { environment }: FreezeOptions): Promise<string | null> =>
  environment === undefined ? null : tellUnknown(environment, await knownEnvironments(registry));

const printFreezes = (freezes: readonly Freeze[]): void => {
  if (freezes.length === 0) return note('nothing is frozen');
  printTable(
    ['frozen', 'since', 'by', 'why'],
    freezes.map((freeze) => [describeFreezeScope(freeze), formatTime(freeze.at), freeze.by, freeze.reason]),
  );
};

export const registerFreeze = (program: Command): void => {
  program
    .command('freeze [model]')
    .description('stop promotions of a model, or of all, during an incident; alone: what is frozen')
    .option('--reason <text>', 'why, for those who wonder', reasonText)
    .option('--environment <name>', 'in this environment alone (default: in all)')
    .option('--json', 'print the freeze, or those that hold, as JSON')
    .action(async (model: string | undefined, options: FreezeOptions, command: Command) => {
      const { registry } = await connect(command);
      if (options.reason === undefined && model === undefined && options.environment === undefined) {
        const freezes = await registry.listFreezes();
        return options.json === true ? printJson(freezes) : printFreezes(freezes);
      }
      if (options.reason === undefined) command.error("error: required option '--reason <text>' not specified");
      const freeze = await registry.freeze({ ...scopeOf(model, options), reason: options.reason });
      const unknown = await unknownEnvironment(registry, options);
      if (unknown !== null) note(`${paint('yellow', 'warning', process.stderr)} ${unknown}: is that what was meant?`);
      if (options.json === true) return printJson(freeze);
      printLine(`${describeFreezeScope(freeze)} is frozen: nothing is promoted, ./graft rollback works as ever`);
      if (freeze.reason !== options.reason) note(`it was already, by ${freeze.by}: ${freeze.reason}`);
    });
  program
    .command('unfreeze [model]')
    .description('let promotions go on')
    .requiredOption('--reason <text>', 'why, for those who wonder', reasonText)
    .option('--environment <name>', 'the environment that was named when it was frozen')
    .option('--json', 'print the freeze that ended as JSON')
    .action(async (model: string | undefined, options: FreezeOptions & { reason: string }, command: Command) => {
      const { registry } = await connect(command);
      const freeze = await registry.unfreeze({ ...scopeOf(model, options), reason: options.reason });
      if (options.json === true) return printJson(freeze);
      printLine(`${describeFreezeScope(freeze)} is no longer frozen`);
    });
};

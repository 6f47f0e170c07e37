/** `graft down`: ends the local stack. */
import { existsSync } from 'node:fs';
import {
  DEFAULT_STACK,
  destroyStack,
  graftCommand,
  resolveStack,
  runningStacks,
  stackDown,
  stackFolder,
} from '@graft/tools';
import type { Command } from 'commander';
import { note, printJson } from '../output.js';

/** The stack that is meant; `default` when none runs, since ending what doesn't run is no error. */
const meantStack = async (explicit: string | undefined): Promise<string> => {
  const named = explicit ?? (process.env.GRAFT_STACK || undefined);
  if (named !== undefined) return named;
  return (await runningStacks()).length === 0 ? DEFAULT_STACK : resolveStack();
};

export const registerDown = (program: Command): void => {
  program
    .command('down')
    .description('stop the local stack; its data stays')
    .option('--wipe', 'delete its data too: database, objects, histories, keys, logs')
    .option('--json', 'print what was done as JSON')
    .action(async (options: { wipe?: boolean; json?: boolean }, command: Command) => {
      const { stack } = command.optsWithGlobals<{ stack?: string }>();
      const name = await meantStack(stack);
      const isThere = existsSync(stackFolder(name));
      const stopped = await stackDown({ name, onProgress: note });
      if (options.wipe === true) await destroyStack(name, note);
      if (options.json === true) return printJson({ stack: name, stopped, wiped: options.wipe === true });
      if (!isThere) return note(`there is no stack "${name}": nothing to stop`);
      note(stopped === 0 ? `stack "${name}" was not running` : `stack "${name}" is stopped`);
      note(
        options.wipe === true
          ? 'its data is deleted'
          : `its data is kept in ${stackFolder(name)} for the next ${graftCommand('up', name)} (--wipe deletes it)`,
      );
    });
};

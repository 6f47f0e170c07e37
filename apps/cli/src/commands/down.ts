/** `graft down`: ends the local stack. */
import { DEFAULT_STACK, destroyStack, resolveStack, runningStacks, stackDown } from '@graft/tools';
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
      const stopped = await stackDown({ name, onProgress: note });
      if (options.wipe === true) await destroyStack(name, note);
      if (options.json === true) return printJson({ stack: name, stopped, wiped: options.wipe === true });
      note(stopped === 0 ? `stack "${name}" was not running` : `stack "${name}" is stopped`);
      if (options.wipe === true) note('its data is deleted');
    });
};

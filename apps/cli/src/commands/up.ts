/** `graft up`: starts the local stack, or what of it does not run. */
import {
  DEFAULT_STACK,
  graftCommand,
  sayWhenInterrupted,
  showTasks,
  stackStatus,
  stackUp,
  servingOf,
  startApp,
} from '@graft/tools';
import { InvalidArgumentError, type Command } from 'commander';
import { note, printJson } from '../output.js';
import { servedEnvironment } from '../parse.js';
import { printStatus } from './status.js';

const anotherEnvironment = (text: string): string => {
  if (text === 'production') throw new InvalidArgumentError('production has its replica without being asked for.');
  return servedEnvironment(text);
};

export const registerUp = (program: Command): void => {
  program
    .command('up')
    .description('start the local stack: PostgreSQL, MinIO, Temporal, registry, orchestrator, trainer, serving')
    .option('--servers-only', 'start PostgreSQL, MinIO and Temporal alone')
    .option(
      '--environment <name>',
      'also a serving replica of this environment, beside the one of production',
      anotherEnvironment,
    )
    .option('--json', 'print what runs as JSON')
    .addHelpText(
      'after',
      `
What runs already is left alone; an app whose build is newer is started again.
A server named by the environment is used instead of starting one: GRAFT_DATABASE_URL,
GRAFT_S3_ENDPOINT with GRAFT_S3_ACCESS_KEY and GRAFT_S3_SECRET_KEY, TEMPORAL_ADDRESS.`,
    )
    .action(async (options: { serversOnly?: boolean; environment?: string; json?: boolean }, command: Command) => {
      const { stack } = command.optsWithGlobals<{ stack?: string }>();
      const name = stack ?? (process.env.GRAFT_STACK || DEFAULT_STACK);
      const onInterrupt = `interrupted: what had started is still there; ${graftCommand('up', name)} goes on, ${graftCommand('down', name)} stops it`;
      await sayWhenInterrupted(onInterrupt, () =>
        stackUp({ name, show: showTasks, onProgress: note, ...(options.serversOnly === true ? { apps: [] } : {}) }),
      );
      if (options.environment !== undefined) await startApp(name, servingOf(options.environment));
      const status = await stackStatus(name);
      if (options.json === true) return printJson(status);
      printStatus(status);
      note(`\nPoint other programs at it with: eval "$(${graftCommand('env', name)})"`);
    });
};

/** `graft env`: the running stack's addresses and keys, for other people's programs. */
import { resolveStack, stackEnvironment } from '@graft/tools';
import type { Command } from 'commander';
import { printJson, printLine } from '../output.js';

/** What clients use, in this order. A stack's own parts are told more. */
const VARIABLES = [
  'AWS_ENDPOINT_URL',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_REGION',
  'TEMPORAL_ADDRESS',
  'MLFLOW_TRACKING_URI',
  'MLFLOW_TRACKING_TOKEN',
  'GRAFT_REGISTRY_URL',
  'GRAFT_REGISTRY_TOKEN',
  'GRAFT_SERVING_URL',
  'GRAFT_LANDING_BUCKET',
  'GRAFT_STACK',
] as const;

/** In single quotes nothing has a meaning to a shell but the quote itself. */
export const toExportLine = (name: string, value: string): string =>
  `export ${name}='${value.replaceAll("'", `'\\''`)}'`;

export const registerEnv = (program: Command): void => {
  program
    .command('env')
    .description('print export lines that point other programs at the running stack')
    .option('--json', 'print one object of variables as JSON')
    .addHelpText('after', '\nUse it as: eval "$(./graft env)"\nIt prints keys: mind where it goes.')
    .action(async (options: { json?: boolean }, command: Command) => {
      const { stack } = command.optsWithGlobals<{ stack?: string }>();
      const environment = await stackEnvironment(await resolveStack({ explicit: stack }));
      const chosen = VARIABLES.map((name) => [name, environment[name] ?? ''] as const);
      if (options.json === true) return printJson(Object.fromEntries(chosen));
      for (const [name, value] of chosen) printLine(toExportLine(name, value));
    });
};

/** `graft runs`: retrainings in progress and past. */
import type { Run } from '@graft/contracts';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { note, printJson, printLine, printTable, shortDigest } from '../output.js';
import { createRunTeller, followRun, runFailure } from '../runs.js';

interface JsonOption {
  readonly json?: boolean;
}

const toRow = (run: Run): (string | number | null)[] => [
  run.id,
  run.pipeline,
  run.state,
  run.stage,
  shortDigest(run.datasetVersion),
  run.embedded,
  run.reused,
  run.version,
  run.createdAt,
];

export const registerRuns = (program: Command): void => {
  const runs = program.command('runs').description('retrainings: list, show, watch');

  runs
    .command('list', { isDefault: true })
    .description('runs, newest first')
    .option('--pipeline <name>', 'one pipeline alone')
    .option('--limit <n>', 'at most so many', Number, 20)
    .option('--json', 'print an array of runs as JSON')
    .action(async (options: { pipeline?: string; limit: number; json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const found = await registry.listRuns({
        limit: options.limit,
        ...(options.pipeline === undefined ? {} : { pipeline: options.pipeline }),
      });
      if (options.json === true) return printJson(found);
      printTable(
        ['run', 'pipeline', 'state', 'stage', 'dataset version', 'embedded', 'reused', 'version', 'started'],
        found.map(toRow),
      );
    });

  runs
    .command('show <id>')
    .description('one run')
    .option('--json', 'print the run as JSON')
    .action(async (id: string, { json }: JsonOption, command: Command) => {
      const { registry } = await connect(command);
      const run = await registry.getRun(id);
      if (json === true) return printJson(run);
      for (const [name, value] of Object.entries(run))
        printLine(
          `${name.padEnd(15)} ${value === null ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
        );
    });

  runs
    .command('watch <id>')
    .description('follow a run live; leave with Ctrl-C and join again whenever you like')
    .option('--json', 'print each event as a line of JSON')
    .action(async (id: string, { json }: JsonOption, command: Command) => {
      const { registry } = await connect(command);
      const tell =
        json === true ? (event: unknown) => process.stdout.write(`${JSON.stringify(event)}\n`) : createRunTeller();
      const run = await followRun(registry, id, tell);
      if (run.state !== 'succeeded') throw runFailure(run);
      note(`run ${run.id} made version ${run.version}`);
    });
};

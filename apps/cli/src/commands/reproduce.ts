/** `graft reproduce`: does a version come out the same when it is made again from its lineage? */
import { readDocument } from '@graft/artifacts';
import { AppError, EXIT_CODES, reproductionReportSchema, type VariantName } from '@graft/contracts';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { findModelVersion } from '../find-model-version.js';
import { note, printJson, printLine } from '../output.js';
import { variantName } from '../parse.js';
import { followReproduction } from '../reproduce/follow-reproduction.js';
import { formatReproduction } from '../reproduce/format-reproduction.js';
import { createRunTeller } from '../runs.js';

interface ReproduceOptions {
  readonly variant?: VariantName;
  readonly fresh?: boolean;
  readonly json?: boolean;
}

const run = async (model: string, asked: string, options: ReproduceOptions, command: Command): Promise<void> => {
  const { registry, blobs } = await connect(command);
  const version = await findModelVersion(registry, model, asked);
  const { id } = await registry.requestReproduction(model, version, {
    variant: options.variant ?? null,
    fresh: options.fresh === true,
  });
  const teller = createRunTeller();
  process.once('SIGINT', () => {
    teller.leave();
    note('left; it goes on. The same command joins it again');
    process.exit(EXIT_CODES.interrupted);
  });
  const { report: digest } = await followReproduction(registry, id, teller);
  if (digest === null) throw new AppError('internal', `reproduction ${id} ended without a report`);
  const report = await readDocument(blobs, reproductionReportSchema, digest);
  // A script has to hear that something else came of it.
  if (report.outcome === 'different') process.exitCode = EXIT_CODES.conflict;
  if (options.json === true) return printJson(report);
  printLine(formatReproduction(report));
};

export const registerReproduce = (program: Command): void => {
  program
    .command('reproduce <model> <version>')
    .description(
      'make a version again from its lineage, and compare: identical, within tolerance, or what differs (then it ends with exit code 6)',
    )
    .option('--variant <name>', 'one form of the version alone (default: all)', variantName)
    .option(
      '--fresh',
      'build the frozen network and compute the features again, too, which are taken as recorded otherwise',
    )
    .option('--json', 'print what was found (reproduction-report.v1) as JSON')
    .action(run);
};

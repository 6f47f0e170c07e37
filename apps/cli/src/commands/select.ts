/** `graft select`: which pre-trained backbone is worth deploying for a dataset. */
import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readDocument } from '@graft/artifacts';
import {
  AppError,
  candidateNameSchema,
  EXIT_CODES,
  parseCandidate,
  selectionRequestSchema,
  selectionSchema,
  STRATEGIES,
  type SelectionRequest,
} from '@graft/contracts';
import { findBackbone } from '@graft/models/catalog';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { connect } from '../context.js';
import { note, printJson, printLine } from '../output.js';
import { numberBetween, positiveNumber, wholeNumber } from '../parse.js';
import { createSelectionTeller, followSelection } from '../select/follow-selection.js';
import { formatSelection } from '../select/format-selection.js';
import { plotFormatOf } from '../select/plot/plot-format.js';
import { findDatasetVersion } from './data/find-version.js';

/** Their weights come from the package registry, so that they can be had wherever Graft can be installed. */
const DEFAULT_BACKBONES = ['efficientnet_lite0', 'efficientnet_lite0:int8', 'efficientnet_lite1', 'efficientnet_lite2'];

interface SelectOptions {
  readonly dataset: string;
  readonly datasetVersion?: string;
  readonly backbones: readonly string[];
  readonly maxMs?: number;
  readonly maxMb?: number;
  readonly minAccuracy?: number;
  readonly finalists: number;
  readonly strategy: SelectionRequest['strategy'];
  readonly folds: number;
  readonly seed: number;
  readonly plot?: string;
  readonly json?: boolean;
}

/** A commander parser of `a,b:int8,c`. */
const candidateList = (text: string): string[] =>
  text.split(',').map((part) => {
    const parsed = candidateNameSchema.safeParse(part.trim());
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(`${parsed.error.issues.map(({ message }) => message).join('; ')}.`);
  });

/** @throws AppError `not_found` naming a backbone that there isn't, with those that there are. */
const checkBackbones = (candidates: readonly string[]): void => {
  for (const candidate of candidates) findBackbone(parseCandidate(candidate).backbone);
};

const requestOf = (options: SelectOptions, datasetVersion: string): SelectionRequest => {
  const { dataset, backbones, maxMs, maxMb, minAccuracy, finalists, strategy, folds, seed } = options;
  const parsed = selectionRequestSchema.safeParse({
    ...{ schemaVersion: 'selection-request.v1', dataset, datasetVersion, finalists, strategy, folds, seed },
    candidates: backbones,
    limits: {
      ...(maxMs === undefined ? {} : { maxMs }),
      ...(maxMb === undefined ? {} : { maxBytes: Math.round(maxMb * 1e6) }),
      ...(minAccuracy === undefined ? {} : { minAccuracy }),
    },
  });
  if (parsed.success) return parsed.data;
  throw new AppError(
    'usage',
    parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
  );
};

/** A plot needs libraries that no other command does. */
const writePlotOf = async (path: string, selection: Parameters<typeof formatSelection>[0]): Promise<void> => {
  const [{ plotSelection }, { writePlot }] = await Promise.all([
    import('../select/plot/plot-selection.js'),
    import('../select/plot/write-plot.js'),
  ]);
  await writePlot(path, plotSelection(selection));
  note(`plot: ${path}`);
};

/** Before anything is computed. @throws AppError `usage` for another ending than .svg or .png, or a folder that isn't there. */
const checkPlotPath = async (path: string): Promise<void> => {
  plotFormatOf(path);
  const folder = dirname(resolve(path));
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    throw new AppError('usage', `the plot can't be written: there is no folder ${folder}, or it can't be written to`, {
      cause,
    });
  });
};

const run = async (options: SelectOptions, command: Command): Promise<void> => {
  const { dataset, backbones, plot, json } = options;
  if (plot !== undefined) await checkPlotPath(plot);
  checkBackbones(backbones);
  const { registry, blobs } = await connect(command);
  const version = await findDatasetVersion(registry, dataset, options.datasetVersion);
  const { id } = await registry.requestSelection(requestOf(options, version.id));
  const teller = createSelectionTeller();
  process.once('SIGINT', () => {
    teller.leave();
    note('left; the selection goes on. The same command joins it again');
    process.exit(EXIT_CODES.interrupted);
  });
  const { result } = await followSelection(registry, id, teller);
  if (result === null) throw new AppError('internal', `selection ${id} was answered without an answer`);
  const selection = await readDocument(blobs, selectionSchema, result);
  if (plot !== undefined) await writePlotOf(plot, selection);
  // Asked for one that keeps the limits, a script has to hear that there is none.
  if (selection.recommendation === null) process.exitCode = EXIT_CODES.refused;
  if (json === true) return printJson(selection);
  printLine(formatSelection(selection));
};

export const registerSelect = (program: Command): void => {
  program
    .command('select')
    .description(
      'which pre-trained backbone is worth deploying for a dataset: probes, latency and size measured here, finalists fine-tuned',
    )
    .requiredOption('--dataset <name>', 'the dataset')
    .option('--dataset-version <which>', 'a version of it, by number or digest (default: the latest)')
    .option(
      '--backbones <list>',
      'candidates, with commas between; also pruned or in eight bits, as efficientnet_lite0:int8 (./graft models list)',
      candidateList,
      DEFAULT_BACKBONES,
    )
    .option('--max-ms <ms>', 'the median latency of one image may be so long, on the measuring machine', positiveNumber)
    .option('--max-mb <mb>', 'the file may have so many megabytes', positiveNumber)
    .option('--min-accuracy <share>', 'so much has to be named right, 0 to 1', numberBetween(0, 1))
    .option('--finalists <n>', 'how many are fine-tuned; 0: the probes decide', wholeNumber(0), 2)
    .addOption(
      new Option('--strategy <name>', 'how finalists are fine-tuned, as train.strategy')
        .choices(STRATEGIES)
        .default('auto'),
    )
    .option('--folds <n>', 'of the cross-validation', wholeNumber(2), 5)
    .option('--seed <n>', 'of folds and trainings: the same request gives the same choice', wholeNumber(0), 0)
    .option('--plot <file>', 'accuracy against latency as a picture, .svg or .png')
    .option('--json', 'print the selection (selection.v1) as JSON')
    .action(run);
};

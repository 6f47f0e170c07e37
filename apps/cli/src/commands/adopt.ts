/** `graft adopt`: a model that is in production already becomes the first champion. */
import { readFile, stat } from 'node:fs/promises';
import { AppError, type VariantName } from '@graft/contracts';
import type { Command } from 'commander';
import type { Adopted } from '../adopt/adopt-model.js';
import { parseLabels } from '../adopt/labels.js';
import { choosePreprocessing, findPreprocessing, PRESETS } from '../adopt/preprocessing.js';
import { connect } from '../context.js';
import { awaitPromotion } from '../deployments.js';
import { count, formatInterval, note, printJson, printLine } from '../output.js';
import { nameText, reasonText, variantName, wholeNumber } from '../parse.js';
import { createProgress } from '../progress.js';
import { findDatasetVersion } from './data/find-version.js';
import { parseSide } from './models/options.js';

interface AdoptOptions {
  readonly model: string;
  readonly labels: string;
  readonly dataset: string;
  readonly datasetVersion?: string;
  readonly preprocessing?: string;
  readonly inputSize?: number;
  readonly externalVersion?: number;
  readonly variant: VariantName;
  readonly environment: string;
  readonly reason: string;
  readonly overrideGate?: boolean;
  readonly promote: boolean;
  readonly json?: boolean;
}

/** What a protocol buffer can be. */
const MOST_BYTES = 2 ** 31;

const read = async (path: string): Promise<Buffer> => {
  const info = await stat(path).catch(() => null);
  if (info?.isFile() !== true) throw new AppError('not_found', `no file can be read at ${path}`);
  if (info.size > MOST_BYTES)
    throw new AppError('too_large', `${path} has ${info.size} bytes; an ONNX file has at most ${MOST_BYTES}`);
  return readFile(path);
};

const printAdopted = ({ version, evaluation, changes, leftOut }: Adopted, preprocessing: string): void => {
  const { metrics, gate, latency } = evaluation;
  printLine(
    `${version.model} version ${version.version}, adopted: accuracy ${formatInterval(metrics.accuracy)} on ` +
      `${count(metrics.images, 'test image')}, ${latency.p50Ms.toFixed(1)} ms for an image; gate ${gate.verdict}`,
  );
  note(`its preprocessing: ${preprocessing}`);
  if (gate.verdict !== 'fail' && !gate.checks.some(({ name }) => name === 'min-accuracy'))
    note('no minAccuracy was asked for, so that guessing alone is ruled out: is this what it was right on before?');
  for (const change of changes) note(change);
  if (leftOut > 0) note(`${count(leftOut, 'test image')} left out: the model doesn't know their labels`);
};

export const registerAdopt = (program: Command): void => {
  program
    .command('adopt <file>')
    .description(
      'take in an ONNX model that is in production elsewhere: checked, judged on a dataset’s test split, registered, and served',
    )
    .requiredOption('--model <name>', 'the model that it becomes the first champion of', nameText)
    .requiredOption('--labels <file>', 'a label a line, in the order of its outputs')
    .requiredOption('--dataset <name>', 'whose test split it is judged on, and whose next versions it is compared with')
    .requiredOption(
      '--reason <text>',
      'why it may serve: it takes the place of a review, and the ledger keeps it',
      reasonText,
    )
    .option('--dataset-version <version>', 'a number or a digest (default: the latest)')
    .option(
      '--preprocessing <name>',
      `${Object.keys(PRESETS).join(', ')}, or a preprocessing.json as export writes it (default: the one that lies beside the file, else torchvision)`,
    )
    .option('--input-size <pixels>', 'for a model that takes images of any size', parseSide)
    .option(
      '--external-version <n>',
      'of the version that it is, registered by an MLflow client: it keeps its number',
      wholeNumber(1),
    )
    .option('--variant <name>', 'which form it is, such as int8', variantName, 'fp32')
    .option('--environment <name>', 'where it serves', 'production')
    .option('--override-gate', 'also where the gate fails it')
    .option('--no-promote', 'register it alone; ./graft promote serves it later')
    .option('--json', 'print {version, evaluation, changes, leftOut, promotion} as JSON')
    .action(async (file: string, options: AdoptOptions, command: Command) => {
      const context = await connect(command);
      const { registry } = context;
      const { model, environment, reason } = options;
      const bytes = new Uint8Array(await read(file));
      const labels = parseLabels((await read(options.labels)).toString('utf8'), options.labels);
      const preprocessingName = options.preprocessing ?? findPreprocessing(file);
      const preprocessing = await choosePreprocessing(preprocessingName);
      const datasetVersion = await findDatasetVersion(registry, options.dataset, options.datasetVersion);
      // What follows loads native libraries: not for --help.
      const { adoptModel } = await import('../adopt/adopt-model.js');
      const progress = createProgress('judging');
      const adopted = await adoptModel(
        context,
        {
          ...{ model, file: { path: file, bytes }, labels, datasetVersion, preprocessing, environment, reason },
          ...{
            preprocessingName,
            inputSize: options.inputSize,
            number: options.externalVersion,
          },
          ...{ variant: options.variant, overrideGate: options.overrideGate ?? false },
        },
        (done, total) => progress.update(done, total, 'images'),
      ).finally(() => progress.stop());
      if (options.json !== true) printAdopted(adopted, preprocessingName);
      if (!options.promote) {
        if (options.json === true) return printJson({ ...adopted, promotion: null });
        return printLine(`./graft promote ${model} ${adopted.version.version} serves it`);
      }
      const served = await registry.getDeployment(model, environment);
      if (served?.target.version === adopted.version.version) {
        if (options.json === true) return printJson({ ...adopted, promotion: null });
        return printLine(`it serves in ${environment} already, as generation ${served.generation}`);
      }
      const requested = await registry.requestPromotion(model, {
        ...{ version: adopted.version.version, environment, reason },
        expectedGeneration: served?.generation ?? 0,
      });
      const promotion = await awaitPromotion(registry, requested.id, ({ state }) =>
        note(`promotion ${requested.id}: ${state}`),
      );
      if (options.json === true) return printJson({ ...adopted, promotion });
      printLine(`it serves in ${environment} as generation ${promotion.generation}`);
    });
};

/** `graft pipelines`: apply, validate, list and show the YAML files that declare a retraining. */
import { readFile } from 'node:fs/promises';
import { AppError, modelOf, type Pipeline, type PipelineVersion } from '@graft/contracts';
import { idleSettings } from '@graft/models/catalog';
import { parsePipelineFile } from '@graft/registry-client';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { nearestName } from '../nearest-name.js';
import { formatTime, note, paint, printJson, printLine, printTable, shortDigest } from '../output.js';
import { wholeNumber } from '../parse.js';

/** Datasets that are named beside one that may have been meant. */
const NAMED_DATASETS = 20;

/** What a run would warn of is told when the file is looked at, too. */
export const noteIdleSettings = ({ train }: Pick<Pipeline, 'train'>): void => {
  for (const message of idleSettings({ strategy: train.strategy, train })) {
    note(`${paint('yellow', 'warning', process.stderr)} ${message}`);
  }
};

/** What a run would never come of: a dataset that is made for a name that was mistyped. @param datasets those that were there before */
export const noteNewDataset = (dataset: string, datasets: readonly string[]): void => {
  if (datasets.includes(dataset)) return;
  const made = `dataset ${dataset} was not there: it has been made, empty`;
  const nearest = nearestName(dataset, datasets);
  if (nearest === null) return note(made);
  note(
    `${paint('yellow', 'warning', process.stderr)} ${made}. Is ${nearest} meant? Then correct data.dataset in the file and apply it again`,
  );
  const others = datasets.slice(0, NAMED_DATASETS);
  const more = datasets.length - others.length;
  note(`datasets that were there: ${others.join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
};

interface JsonOption {
  readonly json?: boolean;
}

const readPipelineText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AppError('not_found', `no pipeline file can be read at ${path}`, { cause });
  }
};

/** One line an error, `file:line:column field: message`, as editors link it. */
const withFileName = (path: string, thrown: unknown): unknown => {
  if (!(thrown instanceof AppError) || thrown.code !== 'invalid_pipeline') return thrown;
  const errors = (thrown.details.errors ?? []) as { line: number; column: number; field: string; message: string }[];
  if (errors.length === 0) return thrown;
  const lines = errors.map(
    ({ line, column, field, message }) => `  ${path}:${line}:${column} ${field === '' ? '' : `${field}: `}${message}`,
  );
  return new AppError('invalid_pipeline', `${path} is no valid pipeline:\n${lines.join('\n')}`, {
    details: thrown.details,
    cause: thrown,
  });
};

const parseAt = (path: string, text: string): ReturnType<typeof parsePipelineFile> => {
  try {
    return parsePipelineFile(text);
  } catch (thrown) {
    throw withFileName(path, thrown);
  }
};

const toRow = ({ name, number, digest, pipeline, enabled, createdAt }: PipelineVersion): (string | number)[] => [
  name,
  number,
  modelOf(pipeline),
  pipeline.data.dataset,
  `${pipeline.train.backbone} · ${pipeline.train.strategy}`,
  enabled ? 'on' : 'off',
  shortDigest(digest),
  formatTime(createdAt),
];

export const registerPipelines = (program: Command): void => {
  const pipelines = program.command('pipelines').description('the YAML files that declare a retraining');

  pipelines
    .command('apply <file>')
    .description('check a pipeline file and make it the latest version (the same text again changes nothing)')
    .option('--json', 'print the pipeline version as JSON')
    .action(async (file: string, { json }: JsonOption, command: Command) => {
      const text = await readPipelineText(file);
      noteIdleSettings(parseAt(file, text));
      const { registry } = await connect(command);
      const datasets = (await registry.listDatasets()).map(({ name }) => name);
      const applied = await registry.applyPipeline(text);
      noteNewDataset(applied.pipeline.data.dataset, datasets);
      if (json === true) printJson(applied);
      else
        printLine(
          `pipeline ${applied.name} version ${applied.number} (${shortDigest(applied.digest)}) subscribes to dataset ${applied.pipeline.data.dataset}`,
        );
    });

  pipelines
    .command('validate <file>')
    .description('check a pipeline file; errors name line, column and field')
    .option('--json', 'print the pipeline with its defaults as JSON')
    .action(async (file: string, { json }: JsonOption) => {
      const pipeline = parseAt(file, await readPipelineText(file));
      noteIdleSettings(pipeline);
      if (json === true) printJson(pipeline);
      else printLine(`${file} is valid: pipeline ${pipeline.name} for model ${modelOf(pipeline)}`);
    });

  pipelines
    .command('list')
    .description('the latest version of each pipeline')
    .option('--json', 'print an array of pipeline versions as JSON')
    .action(async ({ json }: JsonOption, command: Command) => {
      const { registry } = await connect(command);
      const found = await registry.listPipelines();
      if (json === true) printJson(found);
      else
        printTable(
          ['pipeline', 'version', 'model', 'dataset', 'training', 'enabled', 'digest', 'applied'],
          found.map(toRow),
        );
    });

  for (const [verb, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    pipelines
      .command(`${verb} <name>`)
      .description(
        enabled
          ? 'let runs of a pipeline start by themselves'
          : 'start no run of a pipeline but those that are asked for (./graft runs start)',
      )
      .option('--json', 'print the pipeline version as JSON')
      .action(async (name: string, { json }: JsonOption, command: Command) => {
        const { registry } = await connect(command);
        const patched = await registry.patchPipeline(name, { enabled });
        if (json === true) printJson(patched);
        else printLine(`pipeline ${patched.name} is ${patched.enabled ? 'on' : 'off'}`);
      });
  }

  pipelines
    .command('show <name>')
    .description('a pipeline as it was applied, comments and all')
    .option('--number <n>', 'an earlier version', wholeNumber(1))
    .option('--json', 'print the pipeline version as JSON')
    .action(async (name: string, { json, number }: JsonOption & { number?: number }, command: Command) => {
      const { registry } = await connect(command);
      const found = await registry.getPipeline(name, number);
      if (json === true) printJson(found);
      else printLine(found.yaml.trimEnd());
    });
};

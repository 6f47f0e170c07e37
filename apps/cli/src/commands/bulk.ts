/** `graft bulk`: classifications of whole prefixes, that run and that have ended. */
import { BULK_STATES, type BulkClassification, type BulkState } from '@graft/contracts';
import { Option, type Command } from 'commander';
import { connect } from '../context.js';
import { formatTime, note, printJson, printLine, printTable } from '../output.js';
import { nameText, wholeNumber } from '../parse.js';

const progressOf = ({ objects, total, unfit }: BulkClassification): string =>
  `${objects} of ${total ?? 'so many'}${unfit === 0 ? '' : `, ${unfit} unfit`}`;

const show = (bulk: BulkClassification): void => {
  const { id, model, version, variant, state, source, target, error, by, createdAt, finishedAt } = bulk;
  printLine(`${id}: ${state}${error === null ? '' : ` (${error.code}: ${error.message})`}`);
  printLine(`  version ${version} (${variant}) of ${model}, on ${source}, to ${target}`);
  printLine(`  ${progressOf(bulk)}; asked for by ${by}, ${formatTime(createdAt)}`);
  if (finishedAt !== null) printLine(`  ended ${formatTime(finishedAt)}`);
};

export const registerBulk = (program: Command): void => {
  const group = program
    .command('bulk')
    .description('classifications of whole prefixes (./graft classify --prefix), that run and that have ended');
  group
    .command('list')
    .description('newest first')
    .option('--model <name>', 'of one model alone', nameText)
    .addOption(new Option('--state <state>', 'in one state alone').choices(BULK_STATES))
    .option('--limit <n>', 'at most so many', wholeNumber(1), 50)
    .option('--json', 'print an array of them as JSON')
    .action(async (options: { model?: string; state?: BulkState; limit: number; json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const { json, ...filter } = options;
      const bulks = await registry.listBulks(filter);
      if (json === true) return printJson(bulks);
      if (bulks.length === 0) return note('there is none: ./graft classify MODEL --prefix s3://… --out … begins one');
      printTable(
        ['id', 'model', 'version', 'state', 'objects', 'from', 'to', 'by', 'asked for'],
        bulks.map((bulk) => [
          ...[bulk.id, bulk.model, `${bulk.version} (${bulk.variant})`, bulk.state, progressOf(bulk)],
          ...[bulk.source, bulk.target, bulk.by, formatTime(bulk.createdAt)],
        ]),
      );
    });
  group
    .command('show <id>')
    .description('how far it is, or how it ended')
    .option('--json', 'print it as JSON')
    .action(async (id: string, options: { json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const bulk = await registry.getBulk(id);
      return options.json === true ? printJson(bulk) : show(bulk);
    });
  group
    .command('cancel <id>')
    .description('end it before its time; what is written stays')
    .option('--json', 'print it as JSON')
    .action(async (id: string, options: { json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const bulk = await registry.cancelBulk(id);
      return options.json === true ? printJson(bulk) : show(bulk);
    });
};

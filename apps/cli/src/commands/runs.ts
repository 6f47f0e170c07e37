/** `graft runs`: retrainings in progress and past. */
import { EXIT_CODES, isUnderWay, type Digest, type Run, type RunEvent } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { formatTime, note, paint, printJson, printLine, shortDigest } from '../output.js';
import { reasonText, wholeNumber } from '../parse.js';
import { findDatasetVersion } from './data/find-version.js';
import { formatRuns } from '../runs-table.js';
import { createRunTeller, findRun, followRun, readRunStory, runFailure } from '../runs.js';

interface JsonOption {
  readonly json?: boolean;
}

/** An error by its message, a checkpoint by how far it got, a request by who made it. */
const describeValue = (value: Run[keyof Run]): string => {
  if (value === null) return '–';
  if (typeof value !== 'object') return String(value);
  if ('message' in value) return value.message;
  return 'by' in value ? `${value.by}: ${value.reason}` : `step ${value.step} (${shortDigest(value.digest)})`;
};

/** Which run is followed: `latest` may be an older one than the person thinks of. */
const introduce = (run: Run): string => {
  const whose = `run ${run.id} of ${run.pipeline}, started ${formatTime(run.createdAt)}`;
  return isUnderWay(run)
    ? whose
    : `${whose}, has ended (${run.state}). What landed since, and whether a run of it starts: ./graft data why DATASET`;
};

interface StartOptions extends JsonOption {
  readonly datasetVersion?: string;
  readonly again?: boolean;
  readonly reason: string;
  readonly watch?: boolean;
}

/** Why none starts where a version has its run: one a version is the rule. */
export const tellPresent = (run: Run): string => {
  const whose = `${run.pipeline} has run ${run.id} of version ${shortDigest(run.datasetVersion)} already (${run.state})`;
  return isUnderWay(run)
    ? `nothing starts: ${whose}. ./graft runs watch ${run.id} follows it`
    : `nothing starts: ${whose}. --again asks for another try`;
};

/** By number, by digest or `latest`; undefined: the latest of the pipeline's dataset. */
const findDigest = async (registry: Registry, pipeline: string, asked?: string): Promise<Digest | undefined> => {
  if (asked === undefined) return undefined;
  const { dataset } = (await registry.getPipeline(pipeline)).pipeline.data;
  return (await findDatasetVersion(registry, dataset, asked)).id;
};

/** What a run that succeeded came to; those of a selection answer a question. */
export const tellMade = ({ id, version }: Pick<Run, 'id' | 'version'>): string =>
  version === null
    ? `run ${id} has ended: it was to be measured, and made no version`
    : `run ${id} made version ${version}`;

/** Follows a run to its end. @throws AppError where it ends without a version, and wasn't skipped. */
const watchRun = async (registry: Registry, runId: string, tell: (event: RunEvent) => void): Promise<void> => {
  const run = await followRun(registry, runId, tell);
  if (run.state === 'skipped') return note(`run ${run.id} was skipped: ${run.error?.message ?? 'no drift'}`);
  if (run.state !== 'succeeded') throw runFailure(run);
  note(tellMade(run));
};

export const registerRuns = (program: Command): void => {
  const runs = program.command('runs').description('retrainings: start, list, show, watch');

  runs
    .command('list')
    .description('runs, newest first')
    .option('--pipeline <name>', 'one pipeline alone')
    .option('--limit <n>', 'at most so many', wholeNumber(1), 20)
    .option('--json', 'print an array of runs as JSON')
    .action(async (options: { pipeline?: string; limit: number; json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const found = await registry.listRuns({
        limit: options.limit,
        ...(options.pipeline === undefined ? {} : { pipeline: options.pipeline }),
      });
      if (options.json === true) return printJson(found);
      printLine(formatRuns(found));
    });

  runs
    .command('show <id>')
    .description('one run, by its id, the first characters of it, or `latest`')
    .option('--json', 'print the run, with why and warnings, as JSON')
    .action(async (id: string, { json }: JsonOption, command: Command) => {
      const { registry } = await connect(command);
      const run = await findRun(registry, id);
      const { reasons, warnings } = await readRunStory(registry, run.id);
      if (json === true) return printJson({ ...run, why: reasons, warnings });
      const line = (name: string, value: string): void => printLine(`${name.padEnd(15)} ${value}`);
      for (const [name, value] of Object.entries(run)) line(name, describeValue(value));
      reasons.forEach((reason, at) => line(at === 0 ? 'why' : '', reason));
      for (const warning of warnings) line('warning', paint('yellow', warning));
    });

  runs
    .command('watch <id>')
    .description(
      'follow a run live, by id, first characters or `latest`; leave with Ctrl-C and join again whenever you like',
    )
    .option('--json', 'print each event as a line of JSON')
    .action(async (id: string, { json }: JsonOption, command: Command) => {
      const { registry } = await connect(command);
      const found = await findRun(registry, id);
      const { id: runId } = found;
      note(introduce(found));
      // How far stages were says nothing once they are done.
      const teller = createRunTeller({ progress: isUnderWay(found) });
      const tell =
        json === true ? (event: RunEvent) => process.stdout.write(`${JSON.stringify(event)}\n`) : teller.tell;
      process.once('SIGINT', () => {
        teller.leave();
        note(`left; the run goes on. Join again with ./graft runs watch ${runId}`);
        process.exit(EXIT_CODES.interrupted);
      });
      await watchRun(registry, runId, tell);
    });

  runs
    .command('cancel <id>')
    .description('call a run off, by id, first characters or `latest`; what it computed for the caches stays')
    .requiredOption('--reason <text>', 'why, for those who read it later', reasonText)
    .option('--json', 'print the run as JSON')
    .action(async (id: string, { reason, json }: { reason: string; json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const found = await findRun(registry, id);
      const run = await registry.cancelRun(found.id, { reason });
      if (json === true) return printJson(run);
      printLine(
        run.state === 'cancelled'
          ? `run ${run.id} is cancelled`
          : `run ${run.id} is being called off: ./graft runs watch ${run.id} sees it end`,
      );
    });

  runs
    .command('start <pipeline>')
    .description(
      'ask for a run of a pipeline now, whatever its trigger waits for and its budget says; ends with exit code 6 where none starts',
    )
    .requiredOption('--reason <text>', 'why, for those who read it later', reasonText)
    .option('--dataset-version <version>', 'a version of its dataset, by number or digest (default: the latest)')
    .option('--again', 'once more, where it has a run of that version already')
    .option('--watch', 'follow it to its end')
    .option('--json', 'print the run as JSON')
    .action(async (pipeline: string, options: StartOptions, command: Command) => {
      const { registry } = await connect(command);
      const datasetVersion = await findDigest(registry, pipeline, options.datasetVersion);
      const { run, created } = await registry.requestRun(pipeline, {
        reason: options.reason,
        again: options.again === true,
        ...(datasetVersion === undefined ? {} : { datasetVersion }),
      });
      if (options.json === true) printJson(run);
      else if (created)
        printLine(`run ${run.id} of ${pipeline} on version ${shortDigest(run.datasetVersion)} is asked for`);
      else printLine(tellPresent(run));
      // Asked for a run, a script has to hear that none starts; who watches one that is under way gets what was asked for.
      if (!created && !(options.watch === true && isUnderWay(run))) process.exitCode = EXIT_CODES.conflict;
      else if (options.watch === true) await watchRun(registry, run.id, createRunTeller().tell);
    });
};

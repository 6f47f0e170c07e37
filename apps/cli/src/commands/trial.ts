/** `graft canary`, `graft shadow` and `graft trial`: a version beside the champion, before it takes its place. */
import { AppError, type NewTrial, type Trial } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { InvalidArgumentError, type Command } from 'commander';
import { connect } from '../context.js';
import { currentGeneration } from '../deployments.js';
import { findModelVersion } from '../find-model-version.js';
import { note, printJson, printLine } from '../output.js';
import { duration, reasonText, variantName, wholeNumber } from '../parse.js';
import { formatTrial, stepOf } from '../trial/tell-trial.js';

interface StartOptions {
  readonly environment: string;
  readonly variant?: string;
  readonly reason: string;
  readonly steps?: number[];
  readonly stepTime?: number;
  readonly stepRequests?: number;
  readonly alpha?: number;
  readonly promote?: boolean;
  readonly json?: boolean;
}

/** Shares in percent, one after the other. */
const percents = (text: string): number[] => {
  const values = text.split(',').map((one) => Number(one.trim()));
  const isRising = values.every((value, at) => value > (values[at - 1] ?? 0) && value <= 100);
  if (isRising) return values;
  throw new InvalidArgumentError('expected rising shares in percent up to 100, such as 1,5,25,50.');
};
const probability = (text: string): number => {
  const value = Number(text);
  if (value > 0 && value <= 0.5) return value;
  throw new InvalidArgumentError('expected a probability above 0 and up to 0.5, such as 0.05.');
};

const start = async (
  role: NewTrial['role'],
  {
    model,
    versionText,
    options,
    command,
  }: { model: string; versionText: string; options: StartOptions; command: Command },
): Promise<void> => {
  const { registry } = await connect(command);
  const { environment, variant, reason, steps, stepTime, stepRequests, alpha, promote } = options;
  const version = await findModelVersion(registry, model, versionText);
  const trial = await registry.startTrial(model, {
    ...{ role, version, environment, reason },
    // Of a champion that isn't there: the registry says so.
    expectedGeneration: Math.max(1, await currentGeneration(registry, model, environment)),
    ...(variant === undefined ? {} : { variant }),
    policy: {
      ...(steps === undefined ? {} : { steps }),
      ...(stepTime === undefined ? {} : { stepSeconds: stepTime }),
      ...(stepRequests === undefined ? {} : { stepRequests }),
      ...(alpha === undefined ? {} : { alpha }),
      ...(promote === undefined ? {} : { promote }),
    },
  });
  if (options.json === true) return printJson(trial);
  printLine(`${model} version ${trial.version} (${trial.variant}) is a ${role} in ${environment}: ${stepOf(trial)}`);
  note(`./graft trial ${model} tells how it does; what is found worse is taken back by itself`);
};

/** Of what is common to both. */
const withOptions = (command: Command): Command =>
  command
    .requiredOption('--reason <text>', 'why, for the ledger', reasonText)
    .option('--environment <name>', 'where', 'production')
    .option('--variant <name>', 'which form of it (default: the one that it prefers)', variantName)
    .option('--step-time <time>', 'how long a step lasts at least, such as 90s, 10m or 2h (default: 10m)', duration)
    .option('--step-requests <n>', 'requests that it has to have had in a step (default: 100)', wholeNumber(0))
    .option(
      '--alpha <p>',
      'how probable it may be that one which is no worse is taken back (default: 0.05)',
      probability,
    )
    .option('--json', 'print the trial as JSON');

/** The one that runs there, else the last one. @throws AppError `not_found` */
const findTrial = async (registry: Registry, model: string, environment: string): Promise<Trial> => {
  const trials = (await registry.listTrials(model)).filter((one) => one.environment === environment);
  const found = trials.find(({ state }) => state === 'running') ?? trials[0];
  if (found !== undefined) return found;
  throw new AppError(
    'not_found',
    `nothing of ${model} was ever on trial in ${environment}: ./graft canary ${model} VERSION --reason "…"`,
    { details: { model, environment } },
  );
};

export const registerTrial = (program: Command): void => {
  withOptions(
    program
      .command('canary <model> <version>')
      .description(
        'let an approved version answer a share of requests, step by step, and promote it when it has come through',
      ),
  )
    .option('--steps <percents>', 'shares of requests, one after the other (default: 1,5,25,50)', percents)
    .option('--no-promote', 'leave it at its last step until somebody promotes or ends it')
    .action((model: string, versionText: string, options: StartOptions, command: Command) =>
      start('canary', { model, versionText, options, command }),
    );
  withOptions(
    program
      .command('shadow <model> <version>')
      .description('let an approved version work on copies of requests, whose answers nobody gets'),
  )
    .option('--steps <percents>', 'shares of requests, one after the other (default: 100)', percents)
    .action((model: string, versionText: string, options: StartOptions, command: Command) =>
      start('shadow', { model, versionText, options, command }),
    );
  const trial = program
    .command('trial')
    .description('what is on trial, and what is known of it')
    .enablePositionalOptions();
  trial
    .command('show <model>', { isDefault: true })
    .description('the trial that runs, else the last one')
    .option('--environment <name>', 'where', 'production')
    .option('--json', 'print the trial as JSON')
    .action(async (model: string, options: { environment: string; json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const found = await findTrial(registry, model, options.environment);
      if (options.json === true) printJson(found);
      else printLine(formatTrial(found));
    });
  trial
    .command('end <model>')
    .description('its version gets no requests any more; the champion stays')
    .requiredOption('--reason <text>', 'why, for the ledger', reasonText)
    .option('--environment <name>', 'where', 'production')
    .option('--json', 'print the trial as JSON')
    .action(
      async (model: string, options: { environment: string; reason: string; json?: boolean }, command: Command) => {
        const { registry } = await connect(command);
        const found = await findTrial(registry, model, options.environment);
        if (found.state !== 'running') {
          throw new AppError('not_found', `nothing of ${model} is on trial in ${options.environment}`, {
            details: { model, environment: options.environment },
          });
        }
        const ended = await registry.endTrial(found.id, { reason: options.reason });
        if (options.json === true) printJson(ended);
        else printLine(formatTrial(ended));
      },
    );
};

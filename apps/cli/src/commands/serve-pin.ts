/** `graft serve pin` and `graft serve unpin`: while the registry is down, set this machine's replicas by hand. */
import { AppError, toAppError, type Pin } from '@graft/contracts';
import { resolveStack } from '@graft/tools';
import type { Command } from 'commander';
import { actorName } from '../context.js';
import { count, note, printJson, printLine } from '../output.js';
import { expiryOf, parseVersion, reasonText } from '../parse.js';
import { localReplicas, type LocalReplica } from '../replicas/local-replicas.js';
import { pinReplica, unpinReplica } from '../replicas/pins.js';

interface PinOptions {
  readonly environment: string;
  readonly reason: string;
  readonly until?: string;
  readonly json?: boolean;
}

interface Outcome {
  readonly replica: string;
  readonly pin: Pin | null;
  readonly error: AppError | null;
}

const onEach = async (
  command: Command,
  { environment }: PinOptions,
  act: (replica: LocalReplica, token: string) => Promise<Pin>,
): Promise<Outcome[]> => {
  const { stack } = command.optsWithGlobals<{ stack?: string }>();
  const name = await resolveStack({ explicit: stack });
  const { token, replicas } = await localReplicas(name, environment);
  if (replicas.length === 0)
    throw new AppError(
      'unavailable',
      `no replica of ${environment} runs in stack "${name}"; ./graft status tells what runs`,
    );
  return Promise.all(
    replicas.map(async (replica) => {
      try {
        return { replica: replica.id, pin: await act(replica, token), error: null };
      } catch (thrown) {
        return { replica: replica.id, pin: null, error: toAppError(thrown) };
      }
    }),
  );
};

/** @throws AppError of the first replica that refused, with what each said. */
const requireAll = (outcomes: readonly Outcome[], what: string): void => {
  const [first, ...others] = outcomes.flatMap(({ replica, error }) => (error === null ? [] : [{ replica, error }]));
  if (first === undefined) return;
  const failed = [first, ...others].map(({ replica, error }) => `${replica}: ${error.message}`);
  const [only] = outcomes;
  const message =
    outcomes.length === 1 && only !== undefined
      ? first.error.message
      : `${failed.length} of ${count(outcomes.length, 'replica')} not ${what}; ${[...new Set(failed)].join('; ')}`;
  throw new AppError(first.error.code, message, { details: { outcomes: failed } });
};

const done = (outcomes: readonly Outcome[]): readonly { replica: string; pin: Pin }[] =>
  outcomes.flatMap(({ replica, pin }) => (pin === null ? [] : [{ replica, pin }]));

/** Adds `pin` and `unpin`. */
export const addPinCommands = (serve: Command): void => {
  serve
    .command('pin <model> <version>')
    .description('while the registry is down: set this machine’s replicas by hand to a version that they had before')
    .requiredOption('--reason <text>', 'why, for the record', reasonText)
    .option(
      '--until <time>',
      'when it ends by itself: 12h, 2d, or a date (default: when it is unpinned, or the ledger moves on)',
      expiryOf,
    )
    .option('--environment <name>', 'whose replicas', 'production')
    .option('--json', 'print what each replica is pinned to as JSON')
    .addHelpText(
      'after',
      `
Refused while the registry answers: graft rollback is the way then, and is in the ledger. A pin outlasts
restarts of a replica. When the registry answers again it is told, and the pin stays until the ledger names
another version than it did, until it is unpinned, or until its time is up.`,
    )
    .action(async (model: string, version: string, options: PinOptions, command: Command) => {
      const { until, reason } = options;
      const asked = {
        version: parseVersion(version),
        ...(until === undefined ? {} : { until }),
        by: actorName(),
        reason,
      };
      const outcomes = await onEach(command, options, (replica, token) => pinReplica(replica, token, model, asked));
      if (options.json === true) printJson(done(outcomes));
      else
        for (const { replica, pin } of done(outcomes))
          printLine(
            `${replica}: ${model} is pinned to version ${pin.version} (${pin.variant}) over version ${pin.over.version} of generation ` +
              `${pin.over.generation}${pin.until === undefined ? '' : `, until ${pin.until}`}`,
          );
      requireAll(outcomes, 'pinned');
      if (options.json !== true)
        note(`the ledger doesn't know: once the registry answers, ./graft rollback ${model} --to ${version}`);
    });
  serve
    .command('unpin <model>')
    .description('back to what the ledger says, as far as the replicas know')
    .requiredOption('--reason <text>', 'why, for the record', reasonText)
    .option('--environment <name>', 'whose replicas', 'production')
    .option('--json', 'print what each replica was pinned to as JSON')
    .action(async (model: string, options: PinOptions, command: Command) => {
      const end = { by: actorName(), reason: options.reason };
      const outcomes = await onEach(command, options, (replica, token) => unpinReplica(replica, token, model, end));
      if (options.json === true) printJson(done(outcomes));
      else
        for (const { replica, pin } of done(outcomes))
          printLine(`${replica}: ${model} is no longer pinned to version ${pin.version}`);
      requireAll(outcomes, 'unpinned');
    });
};

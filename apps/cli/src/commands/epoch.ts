/** `graft epoch`: whether the ledgers lead what is served, and what to do after a restore of the database. */
import type { Ahead, Position } from '@graft/contracts';
import { hasReached, type Registry } from '@graft/registry-client';
import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../context.js';
import { count, formatTime, note, printJson, printLine, printTable } from '../output.js';
import { reasonText } from '../parse.js';

const place = (position: Position | null): string =>
  position === null ? 'no row' : `${position.generation} of epoch ${position.epoch}`;

const printAhead = (ahead: readonly Ahead[]): void => {
  printTable(
    ['replica', 'model', 'environment', 'serves version', 'generation', 'ledger'],
    ahead.map(({ replica, model, environment, serves, ledger }) => [
      ...[replica, model, environment, serves.version],
      ...[place(serves), place(ledger)],
    ]),
  );
  note(
    'the database is older than what is served: after a restore, `./graft epoch raise --reason "…"` has replicas serve what the ledgers say',
  );
};

const POLL_MS = 50;
const FOLLOW_MS = 60_000;

/** Replicas that don't serve what the ledgers of the new epoch say yet, after a minute's patience. */
const awaitFollowers = async (
  registry: Registry,
  entries: readonly ({ model: string; environment: string } & Position)[],
): Promise<{ replicas: number; behind: string[] }> => {
  const deadline = performance.now() + FOLLOW_MS;
  for (;;) {
    const replicas = await registry.listReplicas({ live: true });
    const isBehind = (replica: (typeof replicas)[number]): boolean =>
      entries.some((entry) => entry.environment === replica.environment && !hasReached(replica, entry.model, entry));
    const behind = replicas.filter(isBehind).map(({ id }) => id);
    if (behind.length === 0 || performance.now() > deadline) return { replicas: replicas.length, behind };
    await sleep(POLL_MS);
  }
};

const raise = async (options: { reason: string; json?: boolean }, command: Command): Promise<void> => {
  const { registry } = await connect(command);
  const before = await registry.getEpoch();
  const raised = await registry.raiseEpoch({ expectedEpoch: before.epoch, reason: options.reason });
  const { replicas, behind } = await awaitFollowers(registry, raised.entries);
  if (options.json === true) return printJson({ ...raised, replicas, behind });
  printLine(`epoch ${raised.epoch} has begun (it was ${before.epoch})`);
  if (raised.entries.length > 0) {
    printTable(
      ['model', 'environment', 'generation', 'serves version'],
      raised.entries.map(({ model, environment, generation, version }) => [model, environment, generation, version]),
    );
  }
  note(
    behind.length === 0
      ? `followed by ${count(replicas, 'replica')}`
      : `after a minute these replicas don't follow it yet: ${behind.join(', ')}; \`./graft epoch\` shows what they serve`,
  );
};

export const registerEpoch = (program: Command): void => {
  const epoch = program
    .command('epoch')
    .description('which epoch the ledgers are in, and whether a replica serves what they know nothing of')
    .option('--json', 'print epoch, since when, and who is ahead as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const present = await registry.getEpoch();
      if (options.json === true) return printJson(present);
      printLine(`epoch ${present.epoch}, since ${formatTime(present.raisedAt)}`);
      if (present.ahead.length > 0) return printAhead(present.ahead);
      note('no live replica serves what the ledgers know nothing of');
    });
  epoch
    .command('raise')
    .description('after a restore of the database: begin a new epoch, in which replicas serve what the ledgers end in')
    .requiredOption('--reason <text>', 'why, for those who wonder', reasonText)
    .option('--json', 'print the epoch and the rows that began it as JSON')
    .action(raise);
};

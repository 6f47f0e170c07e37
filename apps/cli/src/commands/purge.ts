/** `graft purge`: an object goes for good, and a tombstone stays. */
import { join } from 'node:path';
import { contentKey, createFilesystemStore } from '@graft/artifacts';
import { AppError, describeErasure, digestSchema, type Digest, type Erasure } from '@graft/contracts';
import { graftPaths } from '@graft/platform';
import type { Command } from 'commander';
import { confirm } from '../confirm.js';
import { connect } from '../context.js';
import { count, formatTime, note, printJson, printLine, printTable, shortDigest } from '../output.js';
import { reasonText } from '../parse.js';
import { carryOutPurge, type Purged } from '../purge/carry-out.js';
import { planPurge, type PurgePlan } from '../purge/plan-purge.js';
import { formatBytes } from '../rate.js';

interface PurgeOptions {
  readonly reason?: string;
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Referrers told before the question; `--json` has all. */
const TOLD = 20;

const digestArgument = (text: string): string => {
  const parsed = digestSchema.safeParse(text.toLowerCase());
  if (parsed.success) return parsed.data;
  throw new AppError(
    'usage',
    `expected a sha256 of 64 hex digits, got "${text}": ./graft data show and ./graft export (checksums) tell them`,
  );
};

const printPlan = ({ digest, sizeBytes, referrers, derived, shards, landed, datasets }: PurgePlan): void => {
  note(`object ${digest}: ${sizeBytes === null ? 'its bytes are gone already' : formatBytes(sizeBytes)}`);
  for (const what of referrers.slice(0, TOLD)) note(`  ${what}`);
  if (referrers.length > TOLD) note(`  and ${referrers.length - TOLD} more`);
  if (referrers.length === 0) note('  nothing refers to it');
  if (landed.length > 0) note(`with it: ${landed.map((key) => `landing/${key}`).join(', ')}`);
  if (derived.length > 0) note(`with it: ${count(derived.length, 'thumbnail')}`);
  if (shards.length > 0) {
    note(`with it: ${count(shards.length, 'shard')} of activations; those of other images in them are computed again`);
  }
  if (referrers.some((what) => what.startsWith('the manifest of '))) {
    note('versions that were made with it cannot be reproduced any more (./graft reproduce)');
  }
  if (datasets.length > 0) note(`the next version of ${datasets.join(', ')} is without it`);
};

const printPurged = ({ erasure, corrections }: Purged): void => {
  printLine(`object ${erasure.digest} was ${describeErasure(erasure)}`);
  if (erasure.forced) printLine('an environment serves it or can go back to it: ./graft ledger tells of the erasure');
  for (const { dataset, number } of corrections) {
    printLine(`correction ${number} of dataset ${dataset} takes it out of the next version`);
  }
  note(
    'copies on the disks of trainers and replicas elsewhere (their caches), and backups, are beyond the reach of this command',
  );
};

const printErasures = (erasures: readonly Erasure[]): void => {
  if (erasures.length === 0) return note('nothing was ever erased');
  printTable(
    ['erased', 'at', 'by', 'why', 'what it was'],
    erasures.map(({ digest, at, by, reason, referrers }) => [
      ...[shortDigest(digest), formatTime(at), by, reason],
      referrers[0] === undefined
        ? ''
        : `${referrers[0]}${referrers.length > 1 ? ` and ${referrers.length - 1} more` : ''}`,
    ]),
  );
};

/** Replicas on this machine keep what they loaded, golden images too, in a cache that may be deleted. */
const removeLocalCopies = async (digests: readonly Digest[]): Promise<void> => {
  const cache = createFilesystemStore(join(graftPaths().cacheDir, 'serving'));
  for (const digest of digests) await cache.erase(contentKey(digest));
};

export const registerPurge = (program: Command): void => {
  program
    .command('purge [digest]')
    .description(
      'erase an object (an image, an artifact) for good; who, when and why stays. Without a digest: what was erased',
    )
    .option('--reason <text>', 'why, for those who find it gone', reasonText)
    .option('--force', 'also what an environment serves, or can go back to')
    .option('--yes', 'without asking for confirmation')
    .option('--json', 'print {plan, purged}, or the erasures, as JSON')
    .action(async (given: string | undefined, options: PurgeOptions, command: Command) => {
      const context = await connect(command);
      if (given === undefined) {
        const erasures = await context.registry.listErasures();
        return options.json === true ? printJson(erasures) : printErasures(erasures);
      }
      const digest = digestArgument(given);
      const { reason, force = false } = options;
      if (reason === undefined) return command.error("error: required option '--reason <text>' not specified");
      const plan = await planPurge(context, digest);
      const isKnown = plan.sizeBytes !== null || plan.referrers.length > 0;
      if (!isKnown && !(await context.registry.listErasures()).some((one) => one.digest === digest)) {
        throw new AppError('not_found', `no object has the digest ${digest}, and nothing refers to one`, {
          details: { digest },
        });
      }
      if (options.json !== true) printPlan(plan);
      if (options.yes !== true) await confirm('Erase it for good? No backup of Graft brings it back.');
      const purged = await carryOutPurge(context, plan, { reason, force });
      await removeLocalCopies([digest, ...plan.derived]);
      if (options.json === true) return printJson({ plan, purged });
      printPurged(purged);
    });
};

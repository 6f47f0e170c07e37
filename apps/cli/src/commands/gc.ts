/** `graft gc`: what nothing refers to any more goes from the object store. */
import type { Collection } from '@graft/contracts';
import type { GarbageCollection } from '@graft/artifacts';
import { Option, type Command } from 'commander';
import { collectFor } from '../collect.js';
import { connect } from '../context.js';
import { count, formatTime, note, printJson, printLine, printTable } from '../output.js';
import { duration } from '../parse.js';
import { createStagedProgress } from '../progress.js';
import { formatBytes } from '../rate.js';

/** Collections that `--history` tells of. */
const TOLD = 50;
const WEEK_SECONDS = 7 * 86_400;

interface GcOptions {
  readonly dryRun?: boolean;
  readonly olderThan: number;
  readonly force?: boolean;
  readonly history?: boolean;
  readonly json?: boolean;
}

const printCollected = (
  { removed, kept, young, cutoff }: GarbageCollection,
  { dryRun = false }: Pick<GcOptions, 'dryRun'>,
): void => {
  if (removed.length > 0) {
    printTable(
      [dryRun ? 'would go' : 'removed', 'objects', 'bytes'],
      removed.map(({ kind, objects, bytes }) => [kind, objects, formatBytes(bytes)]),
    );
  }
  const objects = removed.reduce((sum, one) => sum + one.objects, 0);
  const bytes = removed.reduce((sum, one) => sum + one.bytes, 0);
  printLine(
    `${count(objects, 'object')} (${formatBytes(bytes)}) ${dryRun ? 'would go' : 'removed'}, put before ${formatTime(cutoff)}`,
  );
  printLine(`${count(kept.objects, 'object')} (${formatBytes(kept.bytes)}) stay, since something needs them`);
  if (young.objects > 0) {
    printLine(`${count(young.objects, 'object')} (${formatBytes(young.bytes)}) that nothing needs are too young to go`);
  }
};

/** "1.5 h"; "7 days". */
const formatAge = (seconds: number): string => {
  const hours = seconds / 3600;
  return hours < 48 ? `${Number(hours.toFixed(1))} h` : `${Number((hours / 24).toFixed(1))} days`;
};

const printCollections = (collections: readonly Collection[]): void => {
  if (collections.length === 0) return note('nothing was ever collected');
  printTable(
    ['began', 'by', 'older than', 'objects', 'bytes'],
    collections.map(({ startedAt, by, olderThanSeconds, removed }) => [
      ...[formatTime(startedAt), by, formatAge(olderThanSeconds)],
      ...(removed === null ? ['not finished', ''] : [removed.objects, formatBytes(removed.bytes)]),
    ]),
  );
};

export const registerGc = (program: Command): void => {
  program
    .command('gc')
    .description('remove objects that nothing in the registry refers to any more; what is under way loses nothing')
    .option('--dry-run', 'tell what would go, and remove nothing')
    .addOption(
      new Option('--older-than <age>', 'only what was put before so long: 90m, 36h, 7d')
        .argParser(duration)
        .default(WEEK_SECONDS, '7d'),
    )
    .option('--force', 'allow an age below an hour: where nobody else uses this stack')
    .option('--history', 'the collections that were made, newest first')
    .option('--json', 'print what went, or the collections, as JSON')
    .action(async (options: GcOptions, command: Command) => {
      const context = await connect(command);
      if (options.history === true) {
        const collections = await context.registry.listCollections({ limit: TOLD });
        return options.json === true ? printJson(collections) : printCollections(collections);
      }
      const { olderThan: olderThanSeconds, dryRun: isDryRun = false, force = false } = options;
      const stages = createStagedProgress();
      const collected = await collectFor(context, { olderThanSeconds, isDryRun, force }, (stage, done, known) =>
        stages.update(stage, done, known, 'objects known so far'),
      ).finally(stages.stop);
      if (options.json === true) printJson({ dryRun: isDryRun, ...collected });
      else printCollected(collected, options);
    });
};

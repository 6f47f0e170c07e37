/** `graft restore`: an empty stack becomes what a backup holds. */
import { createMinioStore } from '@graft/artifacts';
import { AppError, type Backup } from '@graft/contracts';
import {
  BUCKETS,
  DEFAULT_STACK,
  graftCommand,
  showTasks,
  stackDown,
  stackEnvironment,
  stackServers,
  stackStatus,
  stackUp,
} from '@graft/tools';
import type { Command } from 'commander';
import { findBackup } from '../backup/backup-folder.js';
import { askDatabase, restoreBackup, type RestoredBackup, type RestoreTarget } from '../backup/restore-backup.js';
import { contextOf } from '../context.js';
import { count, note, printJson, printLine } from '../output.js';
import { formatBytes } from '../rate.js';
import { createProgress } from '../progress.js';
import { verifyRegistry, type Verification } from '../verify-registry.js';
import { createStageBars, sourcesOf } from './backup.js';
import { reconcileStack } from './reconcile.js';

interface RestoreOptions {
  readonly backup?: string;
  readonly dataOnly?: boolean;
  readonly verify: boolean;
  readonly json?: boolean;
}

const restore = async (target: RestoreTarget, given: string, { backup }: RestoreOptions): Promise<RestoredBackup> => {
  const bars = createStageBars();
  return restoreBackup(target, { given, id: backup }, bars.update).finally(bars.stop);
};

const tellRestored = ({ backup, objects, bytes }: RestoredBackup): void => {
  const rows = backup.database.tables.reduce((sum, one) => sum + one.rows, 0);
  printLine(
    `restored ${backup.id}: ${count(rows, 'row')} as of ${backup.database.at}, ${count(objects, 'object')} (${formatBytes(bytes)}) put`,
  );
};

/** The servers of a local stack with an empty database, and nothing of ours on them. */
const emptyStack = async (name: string): Promise<RestoreTarget> => {
  const servers = (): Promise<unknown> => stackUp({ name, apps: [], migrate: true, show: showTasks, onProgress: note });
  await servers();
  const found = await stackServers(name);
  const { filled, restoredFrom } = await askDatabase('state', found);
  if (filled.length > 0 && restoredFrom === null)
    throw new AppError(
      'conflict',
      `stack "${name}" isn't empty (${filled.join(', ')}): name a new one (./graft restore … --stack NAME)`,
      { details: { stack: name, filled } },
    );
  const { parts } = await stackStatus(name);
  // A registry that ran on the empty database has rows in its memory.
  if (parts.some(({ kind, pid }) => kind === 'app' && pid !== null)) {
    await stackDown({ name, onProgress: note });
    await servers();
  }
  const { databaseUrl, s3 } = await stackServers(name);
  const open = (bucket: string): ReturnType<typeof createMinioStore> => createMinioStore({ ...s3, bucket });
  return { databaseUrl, buckets: { artifacts: open(BUCKETS.artifacts), landing: open(BUCKETS.landing) } };
};

/** Replicas that know of more than the backup does follow it from here on. Done before, it is left at that. */
const beginEpoch = async (
  environment: Readonly<Record<string, string>>,
  target: RestoreTarget,
  { id, database }: Backup,
): Promise<number> => {
  const { registry } = contextOf(environment);
  const { epoch: present } = await registry.getEpoch();
  const reason = `restored from the backup ${id}, as of ${database.at}`;
  const epoch =
    present > database.epoch ? present : (await registry.raiseEpoch({ expectedEpoch: present, reason })).epoch;
  await askDatabase('settle', target);
  return epoch;
};

const verify = async (environment: Readonly<Record<string, string>>): Promise<Verification> => {
  const progress = createProgress('checking');
  return verifyRegistry(contextOf(environment), {
    onProgress: (done, known) => progress.update(done, known, 'objects known so far'),
  }).finally(() => progress.stop());
};

export const registerRestore = (program: Command): void => {
  program
    .command('restore <folder>')
    .description('fill an empty stack from a backup, start it in a new epoch, have what waits go on, and verify it')
    .option('--backup <id>', 'which one (default: the latest; ./graft backup FOLDER --list)')
    .option(
      '--data-only',
      'database and objects alone, of servers that variables name: where the registry runs elsewhere, stopped',
    )
    .option('--no-verify', 'leave out the last step, which reads every object again')
    .option('--json', 'print what was restored as JSON')
    .action(async (folder: string, options: RestoreOptions, command: Command) => {
      const { stack } = command.optsWithGlobals<{ stack?: string }>();
      if (options.dataOnly === true) {
        const restored = await restore(await sourcesOf(stack), folder, options);
        if (options.json === true) return printJson(restored);
        tellRestored(restored);
        return note('start the registry, then: ./graft epoch raise --reason "…"; ./graft reconcile; ./graft verify');
      }
      const name = stack ?? (process.env.GRAFT_STACK || DEFAULT_STACK);
      // Said before anything is started for it.
      await findBackup(folder, options.backup);
      const target = await emptyStack(name);
      const restored = await restore(target, folder, options);
      if (options.json !== true) tellRestored(restored);
      await stackUp({ name, show: showTasks, onProgress: note });
      const environment = await stackEnvironment(name);
      const epoch = await beginEpoch(environment, target, restored.backup);
      const reconciled = await reconcileStack(environment, false);
      const verified = options.verify ? await verify(environment) : null;
      if (options.json === true) return printJson({ ...restored, epoch, reconciled, verified });
      printLine(`stack "${name}" runs, in epoch ${epoch}`);
      if (reconciled.acts.length > 0)
        note(
          `${count(reconciled.acts.length, 'workflow')} of what the registry says is under way or watched started again`,
        );
      const problems =
        verified === null
          ? 0
          : verified.problems.length + verified.ledgers.filter(({ problem }) => problem !== null).length;
      if (verified !== null && problems === 0)
        printLine(
          `${count(verified.objects, 'object')} and ${count(verified.ledgers.length, 'ledger')} are what they were`,
        );
      if (problems > 0)
        throw new AppError(
          'corrupt',
          `${count(problems, 'thing')} is not what it was: ${graftCommand('verify', name)}`,
        );
    });
};

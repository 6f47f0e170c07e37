/** `graft backup`: everything that can't be made again, in a folder, while all of it runs. */
import { AppError } from '@graft/contracts';
import { stackServers } from '@graft/tools';
import type { Command } from 'commander';
import { findBackup } from '../backup/backup-folder.js';
import { checkBackup } from '../backup/check-backup.js';
import { makeBackup, type BackupSources, type BackupStage } from '../backup/make-backup.js';
import { clientEnvironment, contextOf } from '../context.js';
import { count, note, printJson, printLine, printTable } from '../output.js';
import { createStagedProgress } from '../progress.js';
import { formatBytes } from '../rate.js';

/** Objects left out that are told one by one; backup.json has all. */
const TOLD = 20;

const UNITS: Readonly<Record<BackupStage, string>> = { database: 'tables', artifacts: 'objects', landing: 'objects' };

/** A bar for each stage. */
export const createStageBars = () => {
  const bars = createStagedProgress();
  return {
    update: (stage: BackupStage, done: number, total: number): void => bars.update(stage, done, total, UNITS[stage]),
    stop: bars.stop,
  };
};

/** The database and the buckets of the stack that is meant, or of the servers that variables name. */
export const sourcesOf = async (stack: string | undefined): Promise<BackupSources> => {
  const environment = await clientEnvironment(stack);
  const { GRAFT_STACK: name } = environment;
  const databaseUrl = name === undefined ? process.env.GRAFT_DATABASE_URL : (await stackServers(name)).databaseUrl;
  if (!databaseUrl)
    throw new AppError(
      'missing_prerequisite',
      'GRAFT_DATABASE_URL is not set: a backup reads PostgreSQL itself, and the registry that is named is not of a local stack',
    );
  const { artifacts, landing } = contextOf(environment);
  return { databaseUrl, buckets: { artifacts, landing } };
};

const listBackups = async (path: string, json: boolean): Promise<void> => {
  const { folder } = await findBackup(path);
  const backups = await Promise.all((await folder.list()).map((id) => folder.read(id)));
  if (json) return printJson(backups);
  printTable(
    ['backup', 'as of', 'epoch', 'rows', 'objects', 'bytes', 'left out'],
    backups.map(({ id, database, buckets, leftOut }) => [
      ...[id, database.at, database.epoch, database.tables.reduce((sum, { rows }) => sum + rows, 0)],
      ...[buckets.artifacts.objects + buckets.landing.objects],
      ...[formatBytes(buckets.artifacts.bytes + buckets.landing.bytes), leftOut.length],
    ]),
  );
};

const check = async (path: string, json: boolean): Promise<void> => {
  const { folder, backup } = await findBackup(path);
  const bars = createStagedProgress();
  const checked = await checkBackup(folder, backup, (done, total) =>
    bars.update(`checking ${backup.id}`, done, total, 'files'),
  ).finally(bars.stop);
  const { files, bytes, problems } = checked;
  if (json) printJson({ id: backup.id, ...checked });
  else {
    printLine(`${backup.id}: ${count(files, 'file')} (${formatBytes(bytes)}) read and compared with their digests`);
    for (const { path: file, problem, of } of problems.slice(0, TOLD)) printLine(`${problem}: ${file} (${of})`);
  }
  if (problems.length > 0)
    throw new AppError(
      'corrupt',
      `${count(problems.length, 'file')} of the backup ${backup.id} missing or damaged: remove what is damaged below objects/, and the ` +
        'next backup copies it again, where it is still there',
    );
};

export const registerBackup = (program: Command): void => {
  program
    .command('backup <folder>')
    .description(
      'copy database and objects, as of one moment, into a folder; what it has from earlier backups isn’t copied again',
    )
    .option('--list', 'the backups that the folder holds')
    .option('--check', 'read the latest of them again: is every byte what it was?')
    .option('--json', 'print the backup, those that are there, or what was checked, as JSON')
    .addHelpText(
      'after',
      `
Everything may run meanwhile; gc and purge wait until it is done. The folder is for its owner's eyes alone: it has
every image, and the secrets of webhooks. ./graft restore puts a backup into an empty stack.`,
    )
    .action(async (path: string, options: { list?: boolean; check?: boolean; json?: boolean }, command: Command) => {
      if (options.list === true) return listBackups(path, options.json === true);
      if (options.check === true) return check(path, options.json === true);
      const { stack } = command.optsWithGlobals<{ stack?: string }>();
      const startedAt = performance.now();
      const bars = createStageBars();
      const made = await makeBackup(await sourcesOf(stack), path, bars.update).finally(bars.stop);
      const { backup, newBytes } = made;
      const { database, buckets, leftOut } = backup;
      if (options.json === true) printJson({ path: made.path, newBytes, ...backup });
      else {
        const { artifacts, landing } = buckets;
        const rows = database.tables.reduce((sum, one) => sum + one.rows, 0);
        printLine(`backup ${backup.id} in ${made.path}`);
        printLine(
          `${count(rows, 'row')} as of ${database.at}, ${count(artifacts.objects + landing.objects, 'object')} ` +
            `(${formatBytes(artifacts.bytes + landing.bytes)}, of which ${formatBytes(newBytes)} new), ` +
            `in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
        );
        for (const { bucket, key, why } of leftOut.slice(0, TOLD)) printLine(`left out: ${key} of ${bucket}: ${why}`);
        note(`./graft restore ${path} puts it into an empty stack`);
      }
      if (leftOut.length > 0)
        throw new AppError(
          'corrupt',
          `the backup is made, without ${count(leftOut.length, 'object')} that could not be copied as what they are (backup.json names them)`,
        );
    });
};

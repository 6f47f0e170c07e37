/** `graft data`: datasets, what lands in them, their versions, and what was left out. */
import { resolve } from 'node:path';
import { readDocument, readLandingTails } from '@graft/artifacts';
import {
  AppError,
  digestSchema,
  quarantineSchema,
  type DatasetPolicy,
  type DatasetVersion,
  type QuarantineEntry,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import type { Command } from 'commander';
import { connect, type Context } from '../context.js';
import { findLandingFiles, landFiles } from '../landing.js';
import { count, formatTime, note, printJson, printLine, printTable, shortDigest } from '../output.js';
import { numberBetween, parseVersion, wholeNumber } from '../parse.js';
import { createProgress } from '../progress.js';

interface LandOptions {
  readonly source?: string;
  readonly groupPattern?: string;
  readonly json?: boolean;
}

const parsePattern = (text: string): RegExp => {
  try {
    return new RegExp(text, 'u');
  } catch (cause) {
    throw new AppError('usage', `--group-pattern is no regular expression: ${text}`, { cause });
  }
};

/** A version by number or by digest (twelve digits are enough); the latest by default. */
export const findDatasetVersion = async (
  registry: Registry,
  dataset: string,
  which: string | undefined,
): Promise<DatasetVersion> => {
  const versions = await registry.listDatasetVersions(dataset);
  if (versions.length === 0) {
    throw new AppError(
      'not_found',
      `dataset ${dataset} has no version yet; ./graft data land ${dataset} DIR lands images`,
    );
  }
  if (which === undefined) return versions[0] as DatasetVersion;
  const isDigest = digestSchema.safeParse(which).success || /^[0-9a-f]{12,63}$/.test(which);
  const found = isDigest
    ? versions.find(({ id }) => id.startsWith(which))
    : versions.find(({ number }) => number === parseVersion(which));
  if (found === undefined)
    throw new AppError(
      'not_found',
      `dataset ${dataset} has no version ${which}; it has ${versions.map(({ number }) => number).join(', ')}`,
    );
  return found;
};

/** A few names are enough to see what is wrong. */
const SHOWN = 5;

const noteMisplaced = (paths: readonly string[]): void => {
  for (const path of paths.slice(0, SHOWN)) {
    note(`left out ${path}: no label can be read from its place (expected <label>/<file>)`);
  }
  if (paths.length > SHOWN) note(`left out ${paths.length - SHOWN} more for the same reason`);
};

const registerLand = (data: Command): void => {
  data
    .command('land <dataset> <directory>')
    .description(
      'upload a folder (<label>/<file>, or <train|val|test>/<label>/<file>) to the landing zone; retraining starts by itself',
    )
    .option('--source <name>', 'where the images come from, to tell sources apart in reports')
    .option('--group-pattern <regex>', 'images whose file names match with the same first group always share a split')
    .option('--json', 'print what was landed as JSON')
    .action(async (dataset: string, directory: string, options: LandOptions, command: Command) => {
      const groupPattern = options.groupPattern === undefined ? undefined : parsePattern(options.groupPattern);
      const found = await findLandingFiles(resolve(directory), {
        ...(options.source === undefined ? {} : { source: options.source }),
        ...(groupPattern === undefined ? {} : { groupPattern }),
      });
      for (const label of found.emptyLabels)
        note(`the folder ${label} holds no file, so there is nothing to learn this label from`);
      noteMisplaced(found.misplaced);
      if (found.files.length === 0)
        throw new AppError(
          'usage',
          `nothing to land in ${directory}: expected <label>/<file> or <train|val|test>/<label>/<file> in it${found.misplaced.length > 0 ? '; did you mean the folder above?' : ''}`,
        );
      const { registry, landing } = await connect(command);
      const { policy } = await registry.getDataset(dataset);
      const progress = createProgress('landing');
      const { uploaded, unchanged } = await landFiles({
        landing,
        dataset,
        files: found.files,
        onProgress: (done, total) => progress.update(done, total),
      });
      progress.stop();
      const labels = [...new Set(found.files.map(({ label }) => label))];
      const { emptyLabels, misplaced } = found;
      if (options.json === true) return printJson({ dataset, uploaded, unchanged, labels, emptyLabels, misplaced });
      printLine(
        `${count(uploaded, 'file')} of ${count(labels.length, 'label')} landed in dataset ${dataset}` +
          (unchanged > 0 ? `; ${unchanged} were there already` : ''),
      );
      if (uploaded === 0) return printLine('nothing new, so nothing starts');
      printLine(
        `after ${count(policy.quietSeconds, 'quiet second')} what is new becomes a version (./graft data versions ${dataset}) and a run starts (./graft runs list);\n` +
          `what is no sound image, or contradicts another, is left out (./graft data quarantine ${dataset})`,
      );
    });
};

interface PolicyOptions {
  readonly quiet?: number;
  readonly maxWait?: number;
  readonly minNew?: number;
  readonly testShare?: number;
  readonly valShare?: number;
  readonly json?: boolean;
}

const toPolicy = (options: PolicyOptions): Partial<DatasetPolicy> => ({
  ...(options.quiet === undefined ? {} : { quietSeconds: options.quiet }),
  ...(options.maxWait === undefined ? {} : { maxWaitSeconds: options.maxWait }),
  ...(options.minNew === undefined ? {} : { minNewImages: options.minNew }),
  ...(options.testShare === undefined ? {} : { testShare: options.testShare }),
  ...(options.valShare === undefined ? {} : { valShare: options.valShare }),
});

const registerDatasets = (data: Command): void => {
  data
    .command('create <dataset>')
    .description('make a dataset, or change when its landings become a version')
    .option(
      '--quiet <seconds>',
      'seconds without a new object before a version is made (default: 10)',
      numberBetween(0, 86_400),
    )
    .option(
      '--max-wait <seconds>',
      'the longest wait from the first new object (default: 900)',
      numberBetween(1, 604_800),
    )
    .option(
      '--min-new <n>',
      'new images below which no version is made until the longest wait is over (default: 1)',
      wholeNumber(1),
    )
    .option(
      '--test-share <share>',
      'share of new groups that go to the test split; stored splits never move (default: 0.2)',
      numberBetween(0.01, 0.5),
    )
    .option(
      '--val-share <share>',
      'share of new groups that go to the validation split (default: 0.1)',
      numberBetween(0, 0.5),
    )
    .option('--json', 'print the dataset as JSON')
    .action(async (name: string, options: PolicyOptions, command: Command) => {
      const { registry } = await connect(command);
      const dataset = await registry.putDataset(name, toPolicy(options));
      if (options.json === true) return printJson(dataset);
      printLine(
        `dataset ${dataset.name}: a version is made after ${dataset.policy.quietSeconds} quiet seconds, ${dataset.policy.maxWaitSeconds} at most`,
      );
    });

  data
    .command('list')
    .description('the datasets')
    .option('--json', 'print an array of datasets as JSON')
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const datasets = await registry.listDatasets();
      if (json === true) return printJson(datasets);
      printTable(
        ['dataset', 'latest version', 'quiet s', 'max wait s', 'min new', 'created'],
        datasets.map(({ name, latestVersion, policy, createdAt }) => [
          name,
          latestVersion === null ? null : shortDigest(latestVersion),
          policy.quietSeconds,
          policy.maxWaitSeconds,
          policy.minNewImages,
          formatTime(createdAt),
        ]),
      );
    });
};

/** Of a version; of the latest, also what ingestions have left out since without making a version. */
const readQuarantine = async (
  { registry, blobs, artifacts }: Context,
  dataset: string,
  which: string | undefined,
): Promise<QuarantineEntry[]> => {
  const versions = await registry.listDatasetVersions(dataset);
  const since = which === undefined ? (await readLandingTails(artifacts, dataset)).quarantine : [];
  if (versions.length === 0 && which === undefined) return [...since];
  const { quarantine } = await findDatasetVersion(registry, dataset, which);
  const kept = quarantine === null ? [] : (await readDocument(blobs, quarantineSchema, quarantine)).entries;
  return [...kept, ...since];
};

const registerVersions = (data: Command): void => {
  data
    .command('versions <dataset>')
    .description('the versions of a dataset, newest first')
    .option('--json', 'print an array of dataset versions as JSON')
    .action(async (dataset: string, { json }: { json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      await registry.getDataset(dataset);
      const versions = await registry.listDatasetVersions(dataset);
      if (json === true) return printJson(versions);
      printTable(
        ['version', 'images', 'new', 'train', 'val', 'test', 'quarantined', 'labels', 'digest', 'made'],
        versions.map((version) => [
          version.number,
          version.images,
          version.newImages,
          version.bySplit.train,
          version.bySplit.val,
          version.bySplit.test,
          version.quarantined,
          version.labels.length,
          shortDigest(version.id),
          formatTime(version.createdAt),
        ]),
      );
    });

  data
    .command('quarantine <dataset> [version]')
    .description('what was left out of a version, and why (the latest by default)')
    .option('--json', 'print an array of {key, reason, detail, …} as JSON')
    .action(async (dataset: string, which: string | undefined, { json }: { json?: boolean }, command: Command) => {
      const context = await connect(command);
      await context.registry.getDataset(dataset);
      const entries = await readQuarantine(context, dataset, which);
      if (json === true) return printJson(entries);
      if (entries.length === 0) return printLine(`nothing was left out of dataset ${dataset}`);
      printTable(
        ['reason', 'object', 'what was found'],
        entries.map(({ reason, key, detail }) => [reason, key, detail]),
      );
    });
};

export const registerData = (program: Command): void => {
  const data = program.command('data').description('datasets: land images, see versions and what was left out');
  registerLand(data);
  registerDatasets(data);
  registerVersions(data);
};

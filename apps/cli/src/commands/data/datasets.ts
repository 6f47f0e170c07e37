/** `graft data create|list`: datasets, and when what lands in them becomes a version. */
import type { DatasetPolicy } from '@graft/contracts';
import { Option, type Command } from 'commander';
import { connect } from '../../context.js';
import { tellPolicy } from '../../data/tell-policy.js';
import { formatTime, printJson, printLine, printTable, nameDatasetVersion } from '../../output.js';
import { numberBetween, wholeNumber } from '../../parse.js';

interface PolicyOptions {
  readonly quiet?: number;
  /** Null: as long as it takes. */
  readonly maxWait?: number | 'none';
  readonly minNew?: number;
  readonly minPerLabel?: number;
  readonly onLeakage?: DatasetPolicy['onLeakage'];
  readonly testShare?: number;
  readonly valShare?: number;
  readonly json?: boolean;
}

const toPolicy = (options: PolicyOptions): Partial<DatasetPolicy> => ({
  ...(options.quiet === undefined ? {} : { quietSeconds: options.quiet }),
  ...(options.maxWait === undefined ? {} : { maxWaitSeconds: options.maxWait === 'none' ? null : options.maxWait }),
  ...(options.minNew === undefined ? {} : { minNewImages: options.minNew }),
  ...(options.minPerLabel === undefined ? {} : { minPerLabel: options.minPerLabel }),
  ...(options.onLeakage === undefined ? {} : { onLeakage: options.onLeakage }),
  ...(options.testShare === undefined ? {} : { testShare: options.testShare }),
  ...(options.valShare === undefined ? {} : { valShare: options.valShare }),
});

/** Seconds, or `none`: not null yet, which commander would make an empty text of. */
const maxWait = (text: string): number | 'none' => (text === 'none' ? text : numberBetween(1, 604_800)(text));

export const registerDatasets = (data: Command): void => {
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
      'the longest wait from the first new object, or `none` for as long as it takes (default: 900)',
      maxWait,
    )
    .option(
      '--min-new <n>',
      'new images below which no version is made until the longest wait is over (default: 1)',
      wholeNumber(1),
    )
    .option(
      '--min-per-label <n>',
      'images that each label must have, with what landed, or no version is made until the longest wait is over (default: 1)',
      wholeNumber(1),
    )
    .addOption(
      new Option(
        '--on-leakage <what>',
        'what images that would train on tested ones mean: no run starts until a person has seen them, or they are only left out (default: block)',
      ).choices(['block', 'leave_out']),
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
      printLine(tellPolicy(dataset));
    });

  data
    .command('list')
    .description('the datasets')
    .option('--json', 'print an array of datasets as JSON')
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const datasets = await registry.listDatasets();
      if (json === true) return printJson(datasets);
      const latest = await Promise.all(
        datasets.map(({ latestVersion: id }) => (id === null ? null : registry.getDatasetVersion(id))),
      );
      printTable(
        ['dataset', 'latest version', 'watching', 'quiet s', 'max wait s', 'min new', 'min a label', 'created'],
        datasets.map(({ name, latestVersion, policy, paused, createdAt }, at) => [
          name,
          latestVersion === null ? null : nameDatasetVersion(latestVersion, latest[at]?.number),
          paused === null ? 'on' : `paused by ${paused.by}`,
          policy.quietSeconds,
          policy.maxWaitSeconds ?? 'none',
          policy.minNewImages,
          policy.minPerLabel,
          formatTime(createdAt),
        ]),
      );
    });
};

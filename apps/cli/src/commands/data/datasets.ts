/** `graft data create|list`: datasets, and when what lands in them becomes a version. */
import type { DatasetPolicy } from '@graft/contracts';
import type { Command } from 'commander';
import { connect } from '../../context.js';
import { formatTime, printJson, printLine, printTable, shortDigest } from '../../output.js';
import { numberBetween, wholeNumber } from '../../parse.js';

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
        `dataset ${dataset.name}: a version is made after ${dataset.policy.quietSeconds} quiet seconds, ${dataset.policy.maxWaitSeconds === null ? 'however long that takes' : `${dataset.policy.maxWaitSeconds} at most`}`,
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

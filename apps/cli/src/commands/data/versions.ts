/** `graft data versions`: the versions of a dataset. */
import type { Command } from 'commander';
import { connect } from '../../context.js';
import { readLeftOut } from '../../data/dataset-state.js';
import { count, formatTime, printJson, printLine, printTable, shortDigest } from '../../output.js';

export const registerVersions = (data: Command): void => {
  data
    .command('versions <dataset>')
    .description('the versions of a dataset, newest first')
    .option('--json', 'print an array of dataset versions as JSON')
    .action(async (dataset: string, { json }: { json?: boolean }, command: Command) => {
      const context = await connect(command);
      const { registry } = context;
      await registry.getDataset(dataset);
      const versions = await registry.listDatasetVersions(dataset);
      if (json === true) return printJson(versions);
      printTable(
        [
          'version',
          'images',
          'new',
          'removed',
          'relabelled',
          'train',
          'val',
          'test',
          'quarantined',
          'labels',
          'digest',
          'made',
        ],
        versions.map((version) => [
          version.number,
          version.images,
          version.newImages,
          version.removed,
          version.relabelled,
          version.bySplit.train,
          version.bySplit.val,
          version.bySplit.test,
          version.quarantined,
          version.labels.length,
          shortDigest(version.id),
          formatTime(version.createdAt),
        ]),
      );
      const { since } = await readLeftOut(context, dataset, versions[0] ?? null);
      if (since > 0) {
        printLine(`${count(since, 'object')} left out since, in no version yet (./graft data quarantine ${dataset})`);
      }
    });
};

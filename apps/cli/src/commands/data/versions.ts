/** `graft data versions|quarantine`: the versions of a dataset, and what was left out of them. */
import { readDocument, readLandingTails } from '@graft/artifacts';
import { quarantineSchema, type QuarantineEntry } from '@graft/contracts';
import type { Command } from 'commander';
import { connect, type Context } from '../../context.js';
import { formatTime, printJson, printLine, printTable, shortDigest } from '../../output.js';
import { findDatasetVersion } from './find-version.js';

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

export const registerVersions = (data: Command): void => {
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

/** `graft data why`: why a version was or wasn't made of what landed, and why a run did or didn't start. */
import type { Command } from 'commander';
import { connect } from '../../context.js';
import { readLeftOut } from '../../data/dataset-state.js';
import { printJson, printLine } from '../../output.js';
import { tellDatasetStory } from '../../data/tell-dataset-story.js';
import { findWaitingBatches } from '../../data/waiting-batches.js';

export const registerWhy = (data: Command): void => {
  data
    .command('why <dataset>')
    .description('why a version was or wasn’t made of what landed, and why runs did or didn’t start')
    .option('--json', 'print what is known as JSON')
    .action(async (dataset: string, { json }: { json?: boolean }, command: Command) => {
      const context = await connect(command);
      const story = await context.registry.explainDataset(dataset);
      const { since } = await readLeftOut(context, dataset, story.latestVersion);
      const waitingBatches = await findWaitingBatches(context.landing, dataset);
      if (json === true) return printJson({ ...story, leftOutSince: since, waitingBatches });
      const versions = await context.registry.listDatasetVersions(dataset);
      const numbers = new Map(versions.map(({ id, number }) => [id, number]));
      for (const line of tellDatasetStory(story, since, numbers, waitingBatches)) printLine(line);
    });
};

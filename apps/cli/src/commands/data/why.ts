/** `graft data why`: why a version was or wasn't made of what landed, and why a run did or didn't start. */
import type { Command } from 'commander';
import { connect } from '../../context.js';
import { printJson, printLine } from '../../output.js';
import { tellDatasetStory } from '../../data/tell-dataset-story.js';

export const registerWhy = (data: Command): void => {
  data
    .command('why <dataset>')
    .description('why a version was or wasn’t made of what landed, and why runs did or didn’t start')
    .option('--json', 'print what is known as JSON')
    .action(async (dataset: string, { json }: { json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const story = await registry.explainDataset(dataset);
      if (json === true) return printJson(story);
      for (const line of tellDatasetStory(story)) printLine(line);
    });
};

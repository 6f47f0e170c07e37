/** `graft models`: the pre-trained networks, and what they make of tensors and images. Nothing here needs a stack. */
import type { Command } from 'commander';
import { registerCatalogCommands } from './catalog-commands.js';
import { registerExport } from './export-command.js';
import { registerImageCommands } from './image-commands.js';
import { registerLogits } from './logits-command.js';
import { registerMeasure } from './measure-command.js';

export const registerModels = (program: Command): void => {
  const models = program
    .command('models')
    .description('pre-trained networks: what there is, what they see, in and out of other tools');
  registerCatalogCommands(models);
  registerImageCommands(models);
  registerLogits(models);
  registerExport(models);
  registerMeasure(models);
};

/** `graft models rename`: another name for a trained model. Unlike its neighbours it works on a stack. */
import type { Command } from 'commander';
import { connect } from '../../context.js';
import { printJson, printLine } from '../../output.js';

export const registerRename = (models: Command): void => {
  models
    .command('rename <model> <name>')
    .description(
      'give a trained model another name: versions, reviews, deployments and aliases follow, rows of the ledger keep the old one (role admin)',
    )
    .option('--json', 'print the model as JSON')
    .action(async (model: string, name: string, { json }: { json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const renamed = await registry.renameModel(model, name);
      if (json === true) return printJson(renamed);
      printLine(
        `${model} is called ${renamed.name} now; clients that ask for ${model} have to ask for ${renamed.name}`,
      );
    });
};

/** `graft promote`: put an approved version into an environment: prepare, compare-and-swap, swap. */
import type { Command } from 'commander';
import { connect } from '../context.js';
import { awaitPromotion, currentGeneration } from '../deployments.js';
import { formatSeconds, note, printJson, printLine } from '../output.js';
import { parseVersion } from '../parse.js';

interface PromoteOptions {
  readonly environment: string;
  readonly reason: string;
  readonly generation?: number;
  readonly json?: boolean;
}

export const registerPromote = (program: Command): void => {
  program
    .command('promote <model> <version>')
    .description('serve an approved version: replicas load and check it, then it is committed and they swap')
    .option('--environment <name>', 'where', 'production')
    .option(
      '--generation <n>',
      'refuse when the environment is no longer at this generation (default: what it is at now)',
      Number,
    )
    .option('--reason <text>', 'why, for the ledger', 'approved')
    .option('--json', 'print the promotion as JSON')
    .action(async (model: string, versionText: string, options: PromoteOptions, command: Command) => {
      const { registry } = await connect(command);
      const startedAt = performance.now();
      const expectedGeneration = options.generation ?? (await currentGeneration(registry, model, options.environment));
      const requested = await registry.requestPromotion(model, {
        version: parseVersion(versionText),
        environment: options.environment,
        expectedGeneration,
        reason: options.reason,
      });
      const promotion = await awaitPromotion(registry, requested.id, ({ state }) =>
        note(`promotion ${requested.id}: ${state}`),
      );
      if (options.json === true) return printJson(promotion);
      printLine(
        `${model} version ${promotion.version} serves in ${promotion.environment} as generation ${promotion.generation} (${formatSeconds((performance.now() - startedAt) / 1000)})`,
      );
    });
};

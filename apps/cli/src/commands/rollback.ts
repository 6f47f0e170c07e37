/** `graft rollback`: put an earlier version back, in one transaction; the replicas follow at once. */
import { awaitGeneration } from '@graft/registry-client';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { variantOf } from '../deployments.js';
import { printJson, printLine } from '../output.js';
import { findModelVersion } from '../find-model-version.js';
import { numberBetween, reasonText } from '../parse.js';

interface RollbackOptions {
  readonly environment: string;
  readonly to?: string;
  readonly reason: string;
  readonly timeout: number;
  readonly json?: boolean;
}

export const registerRollback = (program: Command): void => {
  program
    .command('rollback <model>')
    .description('put back what served before (or the version named); a version that is left for another is withdrawn')
    .requiredOption('--reason <text>', 'why, for the ledger', reasonText)
    .option('--to <version>', 'default: the newest earlier version that is not withdrawn')
    .option('--environment <name>', 'where', 'production')
    .option('--timeout <seconds>', 'how long to wait for the replicas to acknowledge', numberBetween(0.1, 3600), 30)
    .option('--json', 'print the ledger entry and the times as JSON')
    .action(async (model: string, options: RollbackOptions, command: Command) => {
      const { registry } = await connect(command);
      const startedAt = performance.now();
      // Bound to what serves now: the same command sent twice by a shaky connection takes back once.
      const deployed = await registry.getDeployment(model, options.environment);
      const entry = await registry.rollback(model, {
        ...(deployed === null ? {} : { expectedGeneration: deployed.generation }),
        environment: options.environment,
        reason: options.reason,
        ...(options.to === undefined ? {} : { toVersion: await findModelVersion(registry, model, options.to) }),
      });
      const committedMs = performance.now() - startedAt;
      const { replicas } = await awaitGeneration(registry, {
        model,
        environment: options.environment,
        epoch: entry.epoch,
        generation: entry.generation,
        timeoutMs: options.timeout * 1000,
      });
      const acknowledgedMs = performance.now() - startedAt;
      if (options.json === true) return printJson({ entry, committedMs, acknowledgedMs, replicas });
      printLine(
        `${model} is back at version ${entry.version} (${variantOf(entry)}) in ${options.environment} (generation ${entry.generation}): committed in ${committedMs.toFixed(0)} ms, ` +
          `acknowledged by ${replicas} replica${replicas === 1 ? '' : 's'} in ${acknowledgedMs.toFixed(0)} ms`,
      );
    });
};

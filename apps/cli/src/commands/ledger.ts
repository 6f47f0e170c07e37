/** `graft ledger`: what was deployed where, by whom and why. */
import { describeErasure } from '@graft/contracts';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { tellReason, variantOf } from '../deployments.js';
import { formatTime, note, printJson, printLine, printTable, shortDigest } from '../output.js';
import { wholeNumber } from '../parse.js';

export const registerLedger = (program: Command): void => {
  program
    .command('ledger <model>')
    .description('what was deployed where, by whom and why, newest first')
    .option('--environment <name>', 'one environment alone')
    .option('--limit <n>', 'at most so many rows (default: all)', wholeNumber(1))
    .option('--json', 'print an array of ledger entries as JSON')
    .action(
      async (model: string, options: { environment?: string; limit?: number; json?: boolean }, command: Command) => {
        const { registry } = await connect(command);
        const entries = await registry.listLedger(model, {
          ...(options.environment === undefined ? {} : { environment: options.environment }),
          ...(options.limit === undefined ? {} : { limit: options.limit }),
        });
        if (options.json === true) return printJson(entries);
        if (entries.length === 0)
          return note(
            `${model} was never deployed${options.environment === undefined ? '' : ` in ${options.environment}`}`,
          );
        printTable(
          ['generation', 'environment', 'action', 'version', 'variant', 'from', 'by', 'reason', 'artifact', 'at'],
          entries.map((entry) => [
            entry.generation,
            entry.environment,
            entry.action,
            entry.version,
            variantOf(entry),
            entry.previousVersion,
            entry.by,
            tellReason(entry),
            shortDigest(entry.artifactDigest),
            formatTime(entry.at),
          ]),
        );
        const named = new Set(entries.flatMap((entry) => [entry.artifactDigest, entry.reportDigest]));
        for (const erasure of await registry.listErasures()) {
          if (!named.has(erasure.digest)) continue;
          const what = entries.some((entry) => entry.artifactDigest === erasure.digest) ? 'artifact' : 'report';
          printLine(`${what} ${shortDigest(erasure.digest)} was ${describeErasure(erasure)}`);
        }
      },
    );
};

/** `graft audit`: who was refused what. What was done is in the ledger. */
import type { Refusal } from '@graft/contracts';
import type { Command } from 'commander';
import { connect } from '../context.js';
import { formatTime, note, printJson, printTable } from '../output.js';
import { wholeNumber } from '../parse.js';

const WHY = { 401: 'no valid token', 403: 'no right' } as const satisfies Record<Refusal['status'], string>;

export const registerAudit = (program: Command): void => {
  program
    .command('audit')
    .description('who called the registry without a valid token, or without the right, newest first (admins)')
    .option('--limit <n>', 'at most so many rows', wholeNumber(1), 50)
    .option('--json', 'print an array of refusals as JSON')
    .action(async (options: { limit: number; json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const refusals = await registry.listRefusals({ limit: options.limit });
      if (options.json === true) return printJson(refusals);
      if (refusals.length === 0) return note('no call was refused');
      printTable(
        ['last', 'times', 'why', 'operation', 'token', 'role', 'from'],
        refusals.map(({ lastAt, count, status, operation, token, role, address }) => [
          formatTime(lastAt),
          count,
          WHY[status],
          operation,
          token,
          token === role ? null : role,
          address,
        ]),
      );
    });
};

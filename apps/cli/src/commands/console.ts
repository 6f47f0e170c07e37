/** `graft console`: where the web page is, and a session to open it with. */
import { ROLES, type Role } from '@graft/contracts';
import { Option, type Command } from 'commander';
import { openConsole } from '../console-address.js';
import { connect } from '../context.js';
import { formatTime, note, printJson, printLine } from '../output.js';
import { numberBetween } from '../parse.js';

interface Options {
  readonly role?: Role;
  readonly hours?: number;
  readonly json?: boolean;
}

export const registerConsole = (program: Command): void => {
  program
    .command('console')
    .description('print an address of the web console that signs you in')
    .addOption(new Option('--role <role>', 'with no more rights than this role has (default: yours)').choices(ROLES))
    .option('--hours <hours>', 'how long the session lasts (default: 12, at most 168)', numberBetween(0.01, 168))
    .option('--json', 'print address, name, role and end as JSON')
    .action(async ({ role, hours, json }: Options, command: Command) => {
      const { registry, environment } = await connect(command);
      const made = await openConsole(registry, environment.GRAFT_REGISTRY_URL ?? '', {
        ...(role === undefined ? {} : { role }),
        ...(hours === undefined ? {} : { hours }),
      });
      if (json === true) return printJson(made);
      note(
        `signs in as ${made.name} (${made.role}), until ${formatTime(made.expiresAt)}; whoever has the address has these rights:`,
      );
      printLine(made.url);
    });
};

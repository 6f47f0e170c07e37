/** `graft token`: access tokens of the registry, for people and programs, made and revoked by admins. */
import { AppError, ROLES, type AccessToken, type Role } from '@graft/contracts';
import { Option, type Command } from 'commander';
import { connect } from '../context.js';
import { formatTime, note, printJson, printLine, printTable } from '../output.js';
import { expiryOf } from '../parse.js';

const expiryTold = (expiresAt: string | null): string => (expiresAt === null ? 'never' : formatTime(expiresAt));

const stateTold = ({ state, revoked, kind }: AccessToken): string => {
  if (revoked !== null) return `revoked by ${revoked.by}`;
  return kind === 'stack' ? "the stack's own" : state;
};

const printTokens = (tokens: readonly AccessToken[]): void =>
  printTable(
    ['name', 'role', 'state', 'created', 'by', 'last used', 'expires'],
    tokens.map((token) => [
      token.name,
      token.role,
      stateTold(token),
      token.createdAt.slice(0, 10),
      token.createdBy,
      token.lastUsedOn,
      expiryTold(token.expiresAt),
    ]),
  );

const registerCreate = (group: Command): void => {
  group
    .command('create <name>')
    .description('make a token; standard output has it, this once')
    .addOption(new Option('--role <role>', 'what it gives the right to').choices(ROLES).makeOptionMandatory())
    .option('--expires <when>', 'after a time such as 12h, 30d or 8w, or on a date (default: never)', expiryOf)
    .option('--json', 'print the token, and what is kept of it, as JSON')
    .action(async (name: string, options: { role: Role; expires?: string; json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const made = await registry.createToken({ name, role: options.role, expiresAt: options.expires ?? null });
      if (options.json === true) return printJson(made);
      note(
        `token "${made.name}" of role ${made.role}, expires ${made.expiresAt === null ? 'never' : `at ${formatTime(made.expiresAt)}`}; ` +
          'it is not kept and not shown again. GRAFT_REGISTRY_TOKEN is where it goes:',
      );
      printLine(made.token);
    });
};

export const registerToken = (program: Command): void => {
  const group = program.command('token').description('access tokens of the registry (admins)');
  registerCreate(group);
  group
    .command('list')
    .description('tokens that give a right, newest first')
    .option('--all', 'also those that were revoked or have expired')
    .option('--json', 'print an array of tokens as JSON')
    .action(async (options: { all?: boolean; json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const tokens = (await registry.listTokens()).filter(({ state }) => options.all === true || state === 'live');
      return options.json === true ? printJson(tokens) : printTokens(tokens);
    });
  group
    .command('revoke <name>')
    .description('end a token: its next call is refused')
    .option('--json', 'print what is kept of the token as JSON')
    .action(async (name: string, options: { json?: boolean }, command: Command) => {
      const { registry } = await connect(command);
      const token = await registry.revokeToken(name);
      if (token.revoked === null) throw new AppError('internal', `token "${name}" is ${token.state} still`);
      if (options.json === true) return printJson(token);
      printLine(`token "${token.name}" is revoked, by ${token.revoked.by} at ${formatTime(token.revoked.at)}`);
    });
};

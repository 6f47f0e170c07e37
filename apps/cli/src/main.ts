/** The `graft` command: parses, runs, and turns whatever goes wrong into one clear line and an exit code that means something. */
import { EXIT_CODES, exitCodeOf, toAppError } from '@graft/contracts';
import { CommanderError } from 'commander';
import { note, paint } from './output.js';
import { createProgram } from './program.js';

/** Asked for, they are no error; help in the place of a command that was left out is one of usage. */
const ANSWERS = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version']);

const reportError = (thrown: unknown): number => {
  if (thrown instanceof CommanderError)
    return ANSWERS.has(thrown.code) && thrown.exitCode === EXIT_CODES.done ? EXIT_CODES.done : EXIT_CODES.usage;
  const error = toAppError(thrown);
  const json = process.argv.includes('--json');
  if (json) note(JSON.stringify({ error: { code: error.code, message: error.message, details: error.details } }));
  else note(`${paint('red', 'error', process.stderr)} ${error.message}`);
  if (error.code === 'internal' && process.env.GRAFT_LOG_LEVEL === 'debug')
    note(String(error.cause instanceof Error ? error.cause.stack : error.stack));
  return exitCodeOf(error.code);
};

// A closed pipe (`graft runs list | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_CODES.done);
  throw error;
});

try {
  await createProgram().parseAsync(process.argv);
} catch (thrown) {
  process.exitCode = reportError(thrown);
}

/** Whatever goes wrong, as one clear line (or one JSON object) and an exit code that means something. */
import { AppError, EXIT_CODES, exitCodeOf, toAppError, type ExitCode } from '@graft/contracts';
import { CommanderError } from 'commander';
import { note, paint } from './output.js';

/** Asked for, they are no error; help in the place of a command that was left out is one of usage. */
const ANSWERS = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version']);

const isAnswer = ({ code, exitCode }: CommanderError): boolean => ANSWERS.has(code) && exitCode === EXIT_CODES.done;

/** What the parser of arguments says, as any other error. */
const fromParser = (thrown: CommanderError): AppError =>
  new AppError('usage', thrown.message.replace(/^error: /, ''), { cause: thrown });

/**
 * Tells on standard error.
 * @param json as `{error: {code, message, details}}`
 */
export const reportError = (thrown: unknown, { json, debug }: { json: boolean; debug: boolean }): ExitCode => {
  const isParsers = thrown instanceof CommanderError;
  if (isParsers && isAnswer(thrown)) return EXIT_CODES.done;
  // The parser has told people itself, with its help.
  if (isParsers && !json) return EXIT_CODES.usage;
  const error = isParsers ? fromParser(thrown) : toAppError(thrown);
  if (json) note(JSON.stringify({ error: { code: error.code, message: error.message, details: error.details } }));
  else note(`${paint('red', 'error', process.stderr)} ${error.message}`);
  if (error.code === 'internal' && debug) note(String(error.cause instanceof Error ? error.cause.stack : error.stack));
  return exitCodeOf(error.code);
};

/** `graft classify`: ask the served model about images. */
import { readFile } from 'node:fs/promises';
import { AppError, exitCodeOf, toAppError, type Classification, type ErrorCode } from '@graft/contracts';
import type { Command } from 'commander';
import pLimit from 'p-limit';
import { connect } from '../context.js';
import { formatShare, note, paint, printJson, printLine, printTable } from '../output.js';
import { wholeNumber } from '../parse.js';
import { classifyImage } from '../serving-client.js';

const IN_FLIGHT = 4;

type Outcome = (Classification & { readonly file: string }) | { readonly file: string; readonly error: AppError };

/** The answer for one file, or what kept it from one, with the file's name in it. */
const classifyFile = async (params: { servingUrl: string; model: string; file: string }): Promise<Outcome> => {
  const { servingUrl, model, file } = params;
  try {
    const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EISDIR') throw new AppError('usage', 'a folder: name the files in it', { cause });
      throw new AppError('not_found', 'no file can be read there', { cause });
    });
    return { file, ...(await classifyImage({ servingUrl, model, bytes })) };
  } catch (thrown) {
    const error = toAppError(thrown);
    // What concerns every file alike (no such model, serving away) is said once, as it is.
    if (!OF_ONE_FILE.has(error.code) || (error.code === 'not_found' && error.cause === undefined)) throw error;
    return {
      file,
      error: new AppError(error.code, `${file}: ${error.message}`, { details: error.details, cause: error }),
    };
  }
};

const OF_ONE_FILE: ReadonlySet<ErrorCode> = new Set(['usage', 'not_found', 'image_unfit', 'too_large']);

/** Which version and form answered; more than one where another was put in place meanwhile. */
export const tellAnswering = (
  model: string,
  answers: readonly Pick<Classification, 'version' | 'variant' | 'generation'>[],
): string => {
  const forms = answers.map(
    ({ version, variant, generation }) =>
      `version ${version}${variant === undefined ? '' : ` (${variant})`}, generation ${generation}`,
  );
  return `answered by ${model} ${[...new Set(forms)].join('; then ')}`;
};

const toJson = (outcome: Outcome, top: number): unknown =>
  'error' in outcome
    ? { file: outcome.file, error: { code: outcome.error.code, message: outcome.error.message } }
    : { ...outcome, classes: outcome.classes.slice(0, top) };

export const registerClassify = (program: Command): void => {
  program
    .command('classify <model> <files...>')
    .description('ask the served model about image files')
    .option('--top <n>', 'classes to print for each image', wholeNumber(1), 3)
    .option('--json', 'print an array of {file, …classification} or {file, error} as JSON')
    .action(async (model: string, files: string[], options: { top: number; json?: boolean }, command: Command) => {
      const { servingUrl } = await connect(command);
      const limit = pLimit(IN_FLIGHT);
      const outcomes = await Promise.all(files.map((file) => limit(() => classifyFile({ servingUrl, model, file }))));
      const answers = outcomes.flatMap((outcome) => ('error' in outcome ? [] : [outcome]));
      const failures = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
      // One bad file takes nothing from the others; when nothing could be answered, the first cause is the whole answer.
      if (answers.length === 0 && failures[0] !== undefined) throw failures[0].error;
      if (failures[0] !== undefined) process.exitCode = exitCodeOf(failures[0].error.code);
      if (options.json === true) return printJson(outcomes.map((outcome) => toJson(outcome, options.top)));
      printTable(
        ['file', 'class', 'probability', 'then'],
        answers.map(({ file, classes: [best, ...others] }) => [
          file,
          best?.label ?? null,
          best === undefined ? null : formatShare(best.probability),
          others
            .slice(0, options.top - 1)
            .map(({ label, probability }) => `${label} ${formatShare(probability)}`)
            .join(', '),
        ]),
      );
      printLine(tellAnswering(model, answers));
      for (const { error } of failures) note(`${paint('red', 'error', process.stderr)} ${error.message}`);
    });
};

/** `graft classify`: ask the served model about images. */
import { readFile } from 'node:fs/promises';
import { AppError, exitCodeOf, toAppError, type Classification, type ErrorCode } from '@graft/contracts';
import type { Command } from 'commander';
import pLimit from 'p-limit';
import { classifyPrefix, type PrefixOptions } from '../bulk/classify-prefix.js';
import { connect } from '../context.js';
import { formatShare, note, paint, printJson, printLine, printTable } from '../output.js';
import { nameText, variantName, wholeNumber } from '../parse.js';
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

interface FileOptions {
  readonly top: number;
  readonly json?: boolean;
}

const classifyFiles = async (
  servingUrl: string,
  model: string,
  { files, top, json }: FileOptions & { readonly files: readonly string[] },
): Promise<void> => {
  const limit = pLimit(IN_FLIGHT);
  const outcomes = await Promise.all(files.map((file) => limit(() => classifyFile({ servingUrl, model, file }))));
  const answers = outcomes.flatMap((outcome) => ('error' in outcome ? [] : [outcome]));
  const failures = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
  // One bad file takes nothing from the others; when nothing could be answered, the first cause is the whole answer.
  if (answers.length === 0 && failures[0] !== undefined) throw failures[0].error;
  if (failures[0] !== undefined) process.exitCode = exitCodeOf(failures[0].error.code);
  if (json === true) return printJson(outcomes.map((outcome) => toJson(outcome, top)));
  printTable(
    ['file', 'class', 'probability', 'then'],
    answers.map(({ file, classes: [best, ...others] }) => [
      file,
      best?.label ?? null,
      best === undefined ? null : formatShare(best.probability),
      others
        .slice(0, top - 1)
        .map(({ label, probability }) => `${label} ${formatShare(probability)}`)
        .join(', '),
    ]),
  );
  printLine(tellAnswering(model, answers));
  for (const { error } of failures) note(`${paint('red', 'error', process.stderr)} ${error.message}`);
};

/** What makes sense with a prefix alone: files are answered by what serves. */
const OF_PREFIX = {
  out: '--out',
  modelVersion: '--model-version',
  variant: '--variant',
  environment: '--environment',
} as const;

export const registerClassify = (program: Command): void => {
  program
    .command('classify <model> [files...]')
    .description('ask the served model about image files, or a version about all that lies under a prefix')
    .option('--prefix <s3://…>', 'every object under it, by a workflow that goes on whoever leaves')
    .option('--out <place>', 'with --prefix: where the answers go, a file of JSON Lines or s3://bucket/folder/')
    .option('--model-version <version>', 'with --prefix: which version is asked (default: what serves)')
    .option(
      '--variant <name>',
      'with --prefix: which form of it (default: what serves, or what it prefers)',
      variantName,
    )
    .option('--environment <name>', 'with --prefix: where it serves (default: production)', nameText)
    .option('--top <n>', 'classes of each image', wholeNumber(1), 3)
    .option(
      '--json',
      'print an array of {file, …classification} or {file, error} as JSON; with --prefix what it came to',
    )
    .action(async (model: string, files: string[], options: FileOptions & Partial<PrefixOptions>, command: Command) => {
      const { prefix } = options;
      if (prefix === undefined) {
        const odd = Object.entries(OF_PREFIX).find(([name]) => options[name as keyof typeof OF_PREFIX] !== undefined);
        if (odd !== undefined)
          throw new AppError('usage', `${odd[1]} goes with --prefix alone: files are answered by what serves`);
        if (files.length === 0)
          throw new AppError('usage', 'name image files, or a prefix (--prefix s3://bucket/folder/)');
        return classifyFiles((await connect(command)).servingUrl, model, { ...options, files });
      }
      if (files.length > 0)
        throw new AppError('usage', `${files[0] ?? ''} and --prefix: it is either files or a prefix`);
      return classifyPrefix(await connect(command), model, { environment: 'production', ...options, prefix });
    });
};

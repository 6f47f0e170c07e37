/** `graft classify --prefix`: a version asked about every image under a prefix of the object store, by a workflow. */
import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { ObjectStore } from '@graft/artifacts';
import {
  AppError,
  BULK_FOLDER,
  EXIT_CODES,
  objectPrefixSchema,
  readObjectPrefix,
  type BulkClassification,
  type VariantName,
} from '@graft/contracts';
import { openBucket, type Context } from '../context.js';
import { findModelVersion } from '../find-model-version.js';
import { count, note, printJson, printLine } from '../output.js';
import { checkOutput } from '../output-path.js';
import { createProgress, type Progress } from '../progress.js';
import { fetchAnswers, readBulkManifest, removeAnswers } from './fetch-answers.js';
import { followBulk } from './follow-bulk.js';

export interface PrefixOptions {
  readonly prefix: string;
  readonly out?: string;
  readonly modelVersion?: string;
  readonly variant?: VariantName;
  readonly environment: string;
  readonly top: number;
  readonly json?: boolean;
}

const isObjectPrefix = (text: string): boolean => text.startsWith('s3://');
const withSlash = (text: string): string => (text.endsWith('/') ? text : `${text}/`);

/** @throws AppError `usage`, with the option's name */
const parsePrefix = (option: string, text: string): string => {
  const parsed = objectPrefixSchema.safeParse(withSlash(text));
  if (parsed.success) return parsed.data;
  throw new AppError('usage', `${option} ${text}: expected a prefix of the object store, such as s3://bucket/folder/`);
};

/** Where the answers go; a file of this machine gets them from a place that is theirs until then. */
interface Place {
  readonly target: string;
  readonly file: string | null;
}

const placeOf = async (out: string | undefined, environment: Context['environment']): Promise<Place> => {
  if (out === undefined)
    throw new AppError('usage', '--prefix wants --out: a file such as answers.jsonl, or s3://bucket/folder/');
  if (isObjectPrefix(out)) return { target: parsePrefix('--out', out), file: null };
  await checkOutput(out, '--out');
  if ((await stat(out).catch(() => null)) !== null)
    throw new AppError('conflict', `--out ${out} is there already, and is not written over: name another file`);
  const artifacts = environment.GRAFT_ARTIFACTS_BUCKET ?? 'artifacts';
  return { target: `s3://${artifacts}/${BULK_FOLDER}${randomUUID()}/`, file: out };
};

const tell = ({ model, version, variant, objects, unfit }: BulkClassification, where: string): void => {
  printLine(`${count(objects, 'object')} asked about, by ${model} version ${version} (${variant}): ${where}`);
  if (unfit > 0) note(`${unfit} of them ${unfit === 1 ? 'has' : 'have'} no answer; the line of each says why`);
};

const leave = ({ id, target }: BulkClassification, progress: Progress): void => {
  progress.stop();
  note(`left; it goes on, and writes to ${target}: ./graft bulk show ${id}, ./graft bulk cancel ${id}`);
  process.exit(EXIT_CODES.interrupted);
};

/** Its answers in a file of this machine; then nothing of them stays in the object store. */
const intoFile = async (
  store: ObjectStore,
  file: string,
  { target }: Pick<BulkClassification, 'target'>,
): Promise<void> => {
  const { prefix } = readObjectPrefix(target);
  const { parts } = await readBulkManifest(store, prefix);
  await fetchAnswers(store, { prefix, parts, file });
  await removeAnswers(store, prefix);
};

export const classifyPrefix = async (
  { registry, environment }: Context,
  model: string,
  options: PrefixOptions,
): Promise<void> => {
  const source = parsePrefix('--prefix', options.prefix);
  const { target, file } = await placeOf(options.out, environment);
  // Before anything is asked for: without keys to it no file could be written.
  const store = file === null ? null : openBucket(environment, readObjectPrefix(target).bucket);
  const { modelVersion } = options;
  const version = modelVersion === undefined ? null : await findModelVersion(registry, model, modelVersion);
  const requested = await registry.requestBulk(model, {
    ...{ version, variant: options.variant ?? null, environment: options.environment },
    ...{ source, target, top: options.top },
  });
  note(`${requested.id}: version ${requested.version} (${requested.variant}) is asked about what lies under ${source}`);
  const progress = createProgress('classifying');
  process.once('SIGINT', () => leave(requested, progress));
  const bulk = await followBulk(registry, requested.id, progress);
  if (store !== null && file !== null) await intoFile(store, file, bulk);
  if (options.json === true) return printJson({ ...bulk, out: file ?? target });
  tell(bulk, file ?? target);
};

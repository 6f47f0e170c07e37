/** What names, numbers, tags and aliases MLflow takes, with its words where it doesn't (mlflow/utils/validation.py). */
import { nameSchema } from '@graft/contracts';
import { invalidParameter } from './mlflow-error.js';

const MOST_NAME = 256;
const MOST_TAG_KEY = 250;
const MOST_TAG_VALUE = 100_000;
const MOST_ALIAS = 255;
const MOST_NUMBER = 2 ** 31 - 1;

/** Python's `\w`. */
const TAG_KEY = /^[/\p{L}\p{N}_.\- :]*$/u;
const ALIAS = /^[\p{L}\p{N}_-]*$/u;
const VERSION_ALIAS = /^v\d+$/i;

/** What production serves, read as an alias. */
export const CHAMPION = 'champion';
/** Tags that tell what the registry knows of a version: computed, never written. */
export const GRAFT_TAG = 'graft.';

export const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;
export type Stage = (typeof STAGES)[number];

export const missingValue = (parameter: string): string => `Missing value for required parameter '${parameter}'.`;
export const invalidValue = (parameter: string, value: unknown, why: string): string =>
  `Invalid value ${JSON.stringify(value)} for parameter '${parameter}' supplied: ${why}`;

/** As Python's posixpath.normpath. */
const normalPath = (path: string): string => {
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..' || (kept.length === 0 && !path.startsWith('/')) || kept.at(-1) === '..') kept.push(part);
    else kept.pop();
  }
  return `${path.startsWith('/') ? '/' : ''}${kept.join('/')}` || '.';
};

const checkPath = (parameter: string, name: string): void => {
  const path = normalPath(name);
  if (path === name && path !== '.' && !path.startsWith('..') && !path.startsWith('/')) return;
  throw invalidParameter(
    invalidValue(
      parameter,
      name,
      `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${path}'`,
    ),
  );
};

/** Python counts code points. */
const checkLength = (what: string, value: string, most: number): void => {
  if (value.length > most && [...value].length > most) {
    throw invalidParameter(`'${what}' exceeds the maximum length of ${most} characters`);
  }
};

export const checkModelName = (name: string): void => {
  if (name.trim() === '') throw invalidParameter(missingValue('name'));
  if (/[/:]/.test(name)) {
    throw invalidParameter(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  }
  checkPath('name', name);
};

/** A name that a model is about to get: MLflow's databases hold 256 characters. */
export const checkNewModelName = (name: string): void => {
  checkModelName(name);
  checkLength('name', name, MOST_NAME);
};

/** Versions that are served have their model's name in addresses and keys. */
export const checkServableName = (name: string): void => {
  const parsed = nameSchema.safeParse(name);
  if (parsed.success) return;
  throw invalidParameter(
    invalidValue(
      'new_name',
      name,
      `the model has versions that can be served: ${parsed.error.issues[0]?.message ?? 'another name is needed'}`,
    ),
  );
};

/** -1, which no version has, for a number that no version can have. */
export const parseVersionNumber = (text: string): number => {
  if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(text)) {
    throw invalidParameter(`Parameter 'version' must be an integer, got '${text}'.`);
  }
  const number = Number(text.replaceAll('_', ''));
  return Math.abs(number) <= MOST_NUMBER ? number : -1;
};

export const checkTagKey = (key: string): void => {
  if (!TAG_KEY.test(key)) {
    throw invalidParameter(
      invalidValue(
        'key',
        key,
        'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
      ),
    );
  }
  checkPath('key', key);
};

export const checkTag = ({ key, value }: { key: string; value: string }): void => {
  checkTagKey(key);
  checkLength('key', key, MOST_TAG_KEY);
  checkLength('value', value, MOST_TAG_VALUE);
};

/** Of a version: those of the registry are its own. */
export const checkVersionTagKey = (key: string): void => {
  if (!key.startsWith(GRAFT_TAG)) return;
  throw invalidParameter(
    invalidValue('key', key, `tags that begin with "${GRAFT_TAG}" tell what the registry knows, and are read-only`),
  );
};

export const checkAlias = (alias: string): void => {
  if (!ALIAS.test(alias)) {
    throw invalidParameter(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  }
  checkLength('Registered model alias name', alias, MOST_ALIAS);
};

export const isLatest = (alias: string): boolean => alias.toLowerCase() === 'latest';

export const checkNewAlias = (alias: string): void => {
  checkAlias(alias);
  if (isLatest(alias)) throw invalidParameter("'latest' alias name (case insensitive) is reserved.");
  if (VERSION_ALIAS.test(alias)) throw invalidParameter(`Version alias name '${alias}' is reserved.`);
};

export const parseStage = (text: string): Stage => {
  const stage = STAGES.find((one) => one.toLowerCase() === text.toLowerCase());
  if (stage !== undefined) return stage;
  throw invalidParameter(`Invalid Model Version stage: ${text}. Value must be one of ${STAGES.join(', ')}.`);
};

/** In which order MLflow's searches answer, and where their pages begin. */
import { invalidParameter, MlflowError } from './mlflow-error.js';

export interface Order<K extends string> {
  readonly key: K;
  readonly ascending: boolean;
}

export type ModelOrderKey = 'name' | 'updated';
export type VersionOrderKey = 'name' | 'version' | 'created' | 'updated';

const MODEL_KEYS: Readonly<Record<string, ModelOrderKey>> = {
  name: 'name',
  timestamp: 'updated',
  last_updated_timestamp: 'updated',
};
const VERSION_KEYS: Readonly<Record<string, VersionOrderKey>> = {
  name: 'name',
  version_number: 'version',
  creation_timestamp: 'created',
  last_updated_timestamp: 'updated',
};

const CLAUSE = /^([\p{L}_][\w.]*|(?:[\p{L}_]\w*\.)?(?:`[^`]+`|"[^"]+"))(?:\s+(\p{L}+))?$/u;

const parseClause = <K extends string>(
  clause: string,
  keys: Readonly<Record<string, K>>,
  entities: string[],
): Order<K> => {
  const [, field, direction = 'asc'] = CLAUSE.exec(clause) ?? [];
  if (field === undefined) throw invalidParameter(`Invalid order_by clause '${clause}'. Could not be parsed.`);
  if (!/^(asc|desc)$/i.test(direction)) {
    throw invalidParameter(`Invalid ordering key in order_by clause '${clause}'.`);
  }
  // As MLflow reads it: of models, a quoted field is known with its direction alone.
  const isRead = entities.length > 0 || /\s/.test(clause) || !/["`]/.test(field);
  const dot = field.indexOf('.');
  const name = field.slice(dot + 1).replaceAll(/^[`"]|[`"]$/g, '');
  const key = isRead && (dot === -1 || entities.includes(field.slice(0, dot))) ? keys[name] : undefined;
  if (key === undefined) {
    throw invalidParameter(`Invalid order by key '${field}' specified. Valid keys are ${Object.keys(keys).join(', ')}`);
  }
  return { key, ascending: direction.toLowerCase() === 'asc' };
};

const parseOrder = <K extends string>(
  clauses: readonly string[],
  keys: Readonly<Record<string, K>>,
  { entities, ties }: { entities: string[]; ties: readonly Order<K>[] },
): Order<K>[] => {
  const order = clauses.map((clause) => parseClause(clause, keys, entities));
  const seen = new Set(order.map(({ key }) => key));
  if (seen.size < order.length) {
    throw new MlflowError('INTERNAL_ERROR', `\`order_by\` contains duplicate fields: [${clauses.join(', ')}]`);
  }
  return [...order, ...ties.filter(({ key }) => !seen.has(key))];
};

/** By name, where nothing else decides. @throws MlflowError INVALID_PARAMETER_VALUE; INTERNAL_ERROR for a field named twice. */
export const parseModelOrder = (clauses: readonly string[]): Order<ModelOrderKey>[] =>
  parseOrder(clauses, MODEL_KEYS, { entities: [], ties: [{ key: 'name', ascending: true }] });

/** The last changed first; by name and from the newest, where nothing else decides. @throws as parseModelOrder. */
export const parseVersionOrder = (clauses: readonly string[]): Order<VersionOrderKey>[] =>
  parseOrder(clauses.length === 0 ? ['last_updated_timestamp DESC'] : clauses, VERSION_KEYS, {
    entities: ['attribute'],
    ties: [
      { key: 'name', ascending: true },
      { key: 'version', ascending: false },
    ],
  });

/** Base64 of `{"offset": n}`, as MLflow makes it. */
export const toPageToken = (offset: number): string => Buffer.from(`{"offset": ${offset}}`).toString('base64');

/** @returns where the page begins: 0 without a token. */
export const parsePageToken = (token: string): number => {
  if (token === '') return 0;
  const text = Buffer.from(token, 'base64').toString();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalidParameter(`Invalid page token, decoded value=${text}`);
  }
  const offset = Number((parsed as { offset?: unknown } | null)?.offset);
  if (Number.isSafeInteger(offset) && offset > 0) return offset;
  throw invalidParameter(`Invalid page token, parsed value=${text}`);
};

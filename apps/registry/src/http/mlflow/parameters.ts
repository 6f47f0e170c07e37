/** What a request says, by MLflow's rules: names as in its protocol, values checked one by one, with its words (server/handlers.py). */
import type { FastifyRequest } from 'fastify';
import type { Tag } from '../../repositories/catalogue.js';
import { invalidParameter } from '../../rules/mlflow-error.js';
import { invalidValue, missingValue } from '../../rules/mlflow-names.js';

const SEE = ' See the API docs for more information about request parameters.';
const camelCase = (name: string): string => name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());

const PYTHON_TYPES: Readonly<Record<string, string>> = { string: 'str', boolean: 'bool' };
const pythonType = (value: unknown): string => {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return PYTHON_TYPES[typeof value] ?? 'dict';
};
const wrong = (name: string, value: unknown): Error =>
  invalidParameter(invalidValue(name, value, ` Hint: Value was of type '${pythonType(value)}'.`) + SEE);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** PostgreSQL holds no NUL. */
const checkText = (name: string, value: string): string => {
  if (!value.includes('\0')) return value;
  throw invalidParameter(invalidValue(name, value, 'it contains a NUL character'));
};

/** Old clients send JSON within a JSON string. */
const bodyOf = (body: unknown): Record<string, unknown> => {
  let value = body;
  if (typeof value === 'string') {
    try {
      value = JSON.parse(value);
    } catch {
      value = undefined;
    }
  }
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value;
  throw invalidParameter('Bad Request. The body must be a JSON object.');
};

export class Parameters {
  private constructor(
    private readonly values: Record<string, unknown>,
    private readonly isQuery: boolean,
  ) {}

  static of({ method, query, body }: Pick<FastifyRequest, 'method' | 'query' | 'body'>): Parameters {
    const isQuery = method === 'GET' && isObject(query) && Object.keys(query).length > 0;
    return isQuery ? new Parameters(query, true) : new Parameters(bodyOf(body), false);
  }

  /** Null: nothing was said. A field that is there twice in a query counts as its first. */
  private value(name: string): unknown {
    const other = camelCase(name);
    const { values } = this;
    if (!this.isQuery && name !== other && Object.hasOwn(values, name) && Object.hasOwn(values, other)) {
      throw invalidParameter(`Request specifies both '${name}' and '${other}'; provide only one of them.`);
    }
    if (Object.hasOwn(values, name)) return values[name] ?? null;
    return !this.isQuery && Object.hasOwn(values, other) ? (values[other] ?? null) : null;
  }

  private single(name: string): unknown {
    const value = this.value(name);
    return this.isQuery && Array.isArray(value) ? (value[0] as unknown) : value;
  }

  optional(name: string): string | null {
    const value = this.single(name);
    if (value === null) return null;
    if (typeof value !== 'string') throw wrong(name, value);
    return checkText(name, value);
  }

  /** Empty where nothing was said. */
  text(name: string): string {
    return this.optional(name) ?? '';
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === '') throw invalidParameter(missingValue(name) + SEE);
    return value;
  }

  flag(name: string): boolean {
    const value = this.single(name) ?? false;
    if (typeof value !== 'boolean') throw wrong(name, value);
    return value;
  }

  number(name: string, { preset, most }: { preset: number; most: number }): number {
    const value = this.single(name);
    if (value === null) return preset;
    const isWhole = typeof value === 'number' ? Number.isInteger(value) : /^\s*[+-]?\d+\s*$/.test(String(value));
    if (!isWhole || typeof value === 'boolean' || Number(value) > most) throw wrong(name, value);
    return Number(value);
  }

  list(name: string): string[] {
    const value = this.value(name);
    if (value === null) return [];
    const list: unknown = this.isQuery && !Array.isArray(value) ? [value] : value;
    if (!Array.isArray(list)) throw wrong(name, list);
    return list.map((one: unknown) => {
      if (typeof one !== 'string') throw wrong(name, list);
      return checkText(name, one);
    });
  }

  tags(): Tag[] {
    const value = this.value('tags');
    if (value === null) return [];
    if (!Array.isArray(value)) throw wrong('tags', value);
    return value.map((one: unknown) => {
      const { key = '', value: text = '' } = isObject(one) ? one : { key: null };
      if (typeof key !== 'string' || typeof text !== 'string') throw wrong('tags', value);
      return { key: checkText('key', key), value: checkText('value', text) };
    });
  }
}

/** What the OpenAPI document says of every route of a kind: the headers that it takes, and the form in which it refuses. */
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { takesKeys } from './idempotency.js';

const header = (name: string, description: string) => ({
  type: 'object',
  properties: { [name]: { type: 'string', maxLength: 300, description } },
});
const KEY = header(
  'idempotency-key',
  'A key of the caller’s own, such as a UUID. The same request again under it, within 24 hours, is answered as before and acts no more.',
);
const TAG = header('if-none-match', 'The etag of an earlier answer: 304 where it is the same still.');

const REFUSALS = {
  '4xx': 'Refused: what was asked, and why not',
  '5xx': 'Not to be had now: what is the matter',
} as const;

/** RFC 9457. */
const asProblems = (responses: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(responses).map(([status, schema]) =>
      status === '4xx' || status === '5xx'
        ? [status, { description: REFUSALS[status], content: { 'application/problem+json': { schema } } }]
        : [status, schema],
    ),
  );

const NOT_MODIFIED = { 304: { description: 'As it was', type: 'null' } };

export const describeRoute: typeof jsonSchemaTransform = (route) => {
  const { schema, url } = jsonSchemaTransform(route);
  if (!url.startsWith('/v1/') || !('response' in schema)) return { schema, url };
  const { method, config } = route.route;
  const routeOf = { method: String(method), url, ...(config === undefined ? {} : { config }) };
  const response = asProblems(schema.response as Readonly<Record<string, unknown>>);
  if (takesKeys(routeOf)) return { schema: { ...schema, headers: KEY, response }, url };
  if (method !== 'GET') return { schema: { ...schema, response }, url };
  return { schema: { ...schema, headers: TAG, response: { ...response, ...NOT_MODIFIED } }, url };
};

/** A tuple of one kind is a list of so many: many tools that read OpenAPI documents know no `prefixItems`. */
const withoutTuples = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(withoutTuples);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { prefixItems, ...rest } = schema as { prefixItems?: unknown[]; items?: unknown };
  const [first, ...others] = prefixItems ?? [];
  const isOfOneKind = others.every((one) => JSON.stringify(one) === JSON.stringify(first));
  const present =
    prefixItems !== undefined && rest.items === false && isOfOneKind
      ? { ...rest, items: first, minItems: prefixItems.length, maxItems: prefixItems.length }
      : schema;
  return Object.fromEntries(Object.entries(present).map(([key, value]) => [key, withoutTuples(value)]));
};

export const describeSchemas: typeof jsonSchemaTransformObject = (input) =>
  withoutTuples(jsonSchemaTransformObject(input)) as ReturnType<typeof jsonSchemaTransformObject>;

/** What the OpenAPI document says of headers that every route of a kind takes. */
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
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

export const describeRoute: typeof jsonSchemaTransform = (route) => {
  const { schema, url } = jsonSchemaTransform(route);
  const { method, config } = route.route;
  const routeOf = { method: String(method), url, ...(config === undefined ? {} : { config }) };
  if (takesKeys(routeOf)) return { schema: { ...schema, headers: KEY }, url };
  if (method !== 'GET' || !url.startsWith('/v1/') || !('response' in schema)) return { schema, url };
  const response = { ...(schema.response as object), 304: { description: 'As it was', type: 'null' } };
  return { schema: { ...schema, headers: TAG, response }, url };
};
